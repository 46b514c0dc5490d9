//! Archive, trash and junk: filed away with no network, on servers that have such mailboxes and on those that have none.
#![allow(clippy::unwrap_used)]

use postrider::api::{CoreError, MailboxRole};
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::Profile;
use postrider_tests::office::{Office, profiles};

const ROLES: [MailboxRole; 3] = [MailboxRole::Archive, MailboxRole::Trash, MailboxRole::Junk];

#[tokio::test]
async fn what_is_filed_goes_to_the_mailbox_of_its_role_which_is_made_where_there_is_none() {
    for (name, profile) in profiles().into_iter().filter(|(name, _)| !name.starts_with("gmail")) {
        let office = Office::new(profile, 4, &[]).await;
        let inbox = office.ids("INBOX").await;
        for (id, role) in inbox.iter().zip(ROLES) {
            office.core().file_under(vec![*id], role).await.unwrap();
        }
        // A second one finds what the first had made.
        office.core().file_under(vec![inbox[3]], MailboxRole::Archive).await.unwrap();
        for when in ["before", "after"] {
            for (id, role) in inbox.iter().zip(ROLES) {
                let found: Vec<_> = office.mailboxes().await.into_iter().filter(|one| one.role == Some(role)).collect();
                assert_eq!(found.len(), 1, "{name} {when} {role:?}");
                assert!(office.list(found[0].id).await.iter().any(|row| row.id == *id), "{name} {when} {role:?}");
            }
            assert_eq!(office.ids("INBOX").await, [], "{name} {when}");
            office.settles(&name).await;
            office.all_done(&name).await;
        }
    }
}

#[tokio::test]
async fn a_mailbox_that_is_made_for_a_role_gets_its_special_use_where_the_server_gives_any() {
    for refuses in [false, true] {
        let office = Office::new(Profile::preset("full").unwrap(), 1, &[]).await;
        office.scene.rival().delete("Archive").unwrap();
        office.scene.agrees("without an archive").await;
        if refuses {
            let use_ = Act::Refuse("NO [USEATTR] not that".to_owned());
            office.scene.server.script().add(Rule::once("CREATE", use_));
        }
        office.core().file_under(office.ids("INBOX").await, MailboxRole::Archive).await.unwrap();
        office.settles("filed").await;
        office.all_done("filed").await;
        let snapshot = office.scene.server.world().snapshot();
        let made = &snapshot.accounts[postrider_tests::phone::USER].mailboxes[&b"Archive"[..]];
        assert_eq!((made.attributes.contains("\\Archive"), made.messages.len()), (!refuses, 1));
    }
}

#[tokio::test]
async fn an_emptied_trash_is_empty_at_once_and_on_the_server() {
    for (name, profile) in profiles() {
        let office = Office::new(profile, 3, &[]).await;
        let inbox = office.ids("INBOX").await;
        office.core().file_under(inbox[..2].to_vec(), MailboxRole::Trash).await.unwrap();
        office.settles(&name).await;
        office.core().file_under(vec![inbox[2]], MailboxRole::Trash).await.unwrap();
        office.core().empty_trash(office.scene.phone.account).await.unwrap();
        let again = office.core().empty_trash(office.scene.phone.account).await;
        assert!(matches!(again, Err(CoreError::InvalidInput { .. })), "{name}");
        let shown: u64 = office.mailboxes().await.iter().map(|one| one.total).sum();
        assert_eq!(shown, 0, "{name}");
        office.settles(&name).await;
        office.all_done(&name).await;
    }
}
