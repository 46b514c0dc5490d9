use super::*;

#[test]
fn blocks_and_cells_stay_apart_and_code_is_left_out() {
    let html = "<html><head><title>T</title><style>p{}</style></head><body><p>Hello&nbsp;<b>W&ouml;rld</b></p>\
                <table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table><script>if (a<b) x()</script>1 < 2 &amp; 3&#33;";
    assert_eq!(html_to_text(html), "Hello Wörld\n\na b\nc\n1 < 2 & 3!");
}

#[test]
fn broken_html_loses_no_text() {
    assert_eq!(html_to_text("a <b title=\"x>y\">c</b> <i alt='>d"), "a c d");
    assert_eq!(html_to_text("x <!-- never closed"), "x");
    assert_eq!(html_to_text("&unknown; & &#xffffffff; &"), "&unknown; & &#xffffffff; &");
    assert_eq!(html_to_text("<head>never closed<p>text"), "never closed\n\ntext");
    assert_eq!(html_to_text("<p title=\"x\"y\">one</p><p a=\">two"), "one\n\ntwo");
    assert_eq!(html_to_text("3 <4 and 5> 4 <3"), "3 <4 and 5> 4 <3");
    assert_eq!(html_to_text("text <a href=\"cut o"), "text");
}

#[test]
fn what_is_hidden_is_not_read_unless_nothing_else_is_there() {
    for hidden in [
        "<div style=\"display:none\">secret<div>more</div></div>",
        "<span style='color:#fff; Display : None !important'>secret</span>",
        "<div style=\"max-height:0px;overflow:hidden;\">secret</div>",
        "<div hidden>secret</div>",
        "<style>.a{}</style><template>secret</template><svg><text>secret</text></svg>",
        "<!--[if mso]><p>secret</p><![endif]-->",
    ] {
        assert_eq!(html_to_text(&format!("{hidden}<p>shown</p>")), "shown", "{hidden}");
    }
    assert_eq!(html_to_text("<div style=\"display:none\">all there is</div>"), "all there is");
    assert_eq!(html_to_text("<html><head><title>T</title>all <b>there</b> is</head></html>"), "all there is");
    assert_eq!(html_to_text("<td style=\"font-size:0\"><a style=\"display:block\">x</a></td>"), "x");
}

#[test]
fn lists_quotes_links_and_preformatted_text_read_as_in_plain_mail() {
    let html = "<p>To do:</p><ul><li>one</li><li>two<ol><li>a<li>b</ol></li></ul>\
                <blockquote>said<p>before<blockquote>first</blockquote></blockquote>end";
    assert_eq!(html_to_text(html), "To do:\n\n• one\n• two\n  1. a\n  2. b\n> said\n>\n> before\n> > first\nend");
    assert_eq!(html_to_text("<pre>a\n  b\n\nc</pre>d"), "a\nb\n\nc\nd");
    for (html, text) in [
        ("<a href=\"https://x.example/a?b=1&amp;c=2\">Here</a>!", "Here <https://x.example/a?b=1&c=2>!"),
        ("<a href=\"https://x.example/\">x.example</a>", "x.example"),
        ("<a href='mailto:ann@x.example'>ann@x.example</a>", "ann@x.example"),
        ("<a href=\"javascript:alert(1)\">Here</a>", "Here"),
        ("<a href=\"https://x.example\"><img src=y></a>z", "z"),
        ("<a href=#top>Top</a> <a name=x>y</a>", "Top y"),
        (
            "<a href=https://a.example>one <a href=https://b.example>two</a>",
            "one <https://a.example> two <https://b.example>",
        ),
    ] {
        assert_eq!(html_to_text(html), text);
    }
    let long = format!("<a href=\"https://x.example/{}\">Here</a>", "a".repeat(500));
    assert_eq!(html_to_text(&long), "Here");
}

#[test]
fn character_references_and_unseen_characters() {
    assert_eq!(html_to_text("&#8364;&euro;&#x20AC; &#150; &rsquo;&hellip; a&shy;b&#0;&zwnj;&#8203;c"), "€€€ – ’… abc");
    assert_eq!(html_to_text("a&nbsp;&zwnj;&nbsp;&zwnj;&nbsp;b"), "a b");
    assert_eq!(html_to_text("می\u{200c}خواهم"), "می\u{200c}خواهم");
    assert_eq!(html_to_text("AT&T &copy 2026"), "AT&T &copy 2026");
}

#[test]
fn case_111_nesting_without_end_costs_no_more_than_its_length() {
    let html = format!("{}deep{}", "<div>".repeat(200_000), "</div>".repeat(200_000));
    assert_eq!(html_to_text(&html), "deep");
}

#[test]
fn case_130_html_made_to_be_slow_costs_no_more_than_its_length() {
    // Quadratic, any of these would take minutes.
    for piece in [
        "<a ",
        "<a '",
        "<a b=\"",
        "<head>",
        "<svg><title>",
        "<style",
        "<!-- ",
        "<a b='\">",
        "&",
        "&amp",
        "<",
        "</",
        "<p hidden>",
        "<blockquote>",
        "<ul><li>",
        "<a href=x>",
        "<a href=https://x.example>y",
        "<div style=\"display:none\">",
        "<pre>\n",
        "<td>",
        "<!",
        "<a =\"",
    ] {
        let html = piece.repeat(1_000_000 / piece.len());
        assert!(html_to_text(&html).len() <= 8 * html.len());
        assert!(html_to_text(&format!("{html}>\"'")).len() <= 8 * html.len());
    }
    let attributes = format!("<p {}>x", "a=b ".repeat(1_000_000));
    assert_eq!(html_to_text(&attributes), "x");
    assert!(html_to_text(&"a ".repeat(25_000_000)).len() <= MAX_INPUT);
}
