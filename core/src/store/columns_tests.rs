#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn a_structure_is_read_as_it_was_written() {
    let full = Part {
        section: "2".to_owned(),
        media_type: "application/pdf".to_owned(),
        charset: Some("utf-8".to_owned()),
        name: Some("Rech\u{201e}nung\".pdf".to_owned()),
        content_id: Some("x@y".to_owned()),
        disposition: Disposition::Attachment,
        encoding: "base64".to_owned(),
        octets: 1 << 40,
        children: Vec::new(),
    };
    let bare = Part { media_type: "text/plain".to_owned(), encoding: "7bit".to_owned(), ..Part::default() };
    let odd = Part { media_type: String::new(), encoding: String::new(), ..Part::default() };
    let root = Part {
        media_type: "multipart/mixed".to_owned(),
        encoding: "7bit".to_owned(),
        children: vec![full, bare, odd],
        ..Part::default()
    };
    let text = structure_to_column(&root).unwrap();
    assert_eq!(structure_from_column(&text).unwrap(), root);
    assert_eq!(structure_from_column("{\"x\":1}"), Err(StoreError::Damaged));
}

#[test]
fn addresses_are_read_as_they_were_written_and_none_costs_nothing() {
    let ann = Address { name: "Ann \"A\" 漢".to_owned(), email: "ann@example.org".to_owned() };
    let list = vec![ann, Address::default()];
    assert_eq!(addresses_from_column(&addresses_to_column(&list).unwrap()).unwrap(), list);
    assert_eq!(addresses_to_column(&[]).unwrap(), "");
    assert_eq!(addresses_from_column("").unwrap(), []);
}
