//! Archive, trash and junk: filed away with no network, on servers that have such mailboxes and on those that have none.
#![allow(clippy::unwrap_used)]

use postrider::api::{CoreError, MailboxRole};
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::Profile;
use postrider_tests::desk::Desk;
use postrider_tests::kinds::profiles;

const ROLES: [MailboxRole; 3] = [MailboxRole::Archive, MailboxRole::Trash, MailboxRole::Junk];

#[tokio::test]
async fn what_is_filed_goes_to_the_mailbox_of_its_role_which_is_made_where_there_is_none() {
    for (name, profile) in profiles().into_iter().filter(|(name, _)| !name.starts_with("gmail")) {
        let desk = Desk::with(profile, 4, &[]).await;
        let inbox = desk.ids("INBOX").await;
        for (id, role) in inbox.iter().zip(ROLES) {
            desk.core().file_under(vec![*id], role).await.unwrap();
        }
        // A second one finds what the first had made.
        desk.core().file_under(vec![inbox[3]], MailboxRole::Archive).await.unwrap();
        for when in ["before", "after"] {
            for (id, role) in inbox.iter().zip(ROLES) {
                let found: Vec<_> = desk.mailboxes().await.into_iter().filter(|one| one.role == Some(role)).collect();
                assert_eq!(found.len(), 1, "{name} {when} {role:?}");
                assert!(desk.list(found[0].id).await.iter().any(|row| row.id == *id), "{name} {when} {role:?}");
            }
            assert_eq!(desk.ids("INBOX").await, [], "{name} {when}");
            desk.settles(&name).await;
            desk.all_done(&name).await;
        }
    }
}

#[tokio::test]
async fn a_mailbox_that_is_made_for_a_role_gets_its_special_use_where_the_server_gives_any() {
    for refuses in [false, true] {
        let desk = Desk::with(Profile::preset("full").unwrap(), 1, &[]).await;
        desk.scene.rival().delete("Archive").unwrap();
        desk.scene.agrees("without an archive").await;
        if refuses {
            let use_ = Act::Refuse("NO [USEATTR] not that".to_owned());
            desk.scene.server.script().add(Rule::once("CREATE", use_));
        }
        desk.core().file_under(desk.ids("INBOX").await, MailboxRole::Archive).await.unwrap();
        desk.settles("filed").await;
        desk.all_done("filed").await;
        let snapshot = desk.scene.server.world().snapshot();
        let made = &snapshot.accounts[postrider_tests::phone::USER].mailboxes[&b"Archive"[..]];
        assert_eq!((made.attributes.contains("\\Archive"), made.messages.len()), (!refuses, 1));
    }
}

#[tokio::test]
async fn an_emptied_trash_is_empty_at_once_and_on_the_server() {
    for (name, profile) in profiles() {
        let desk = Desk::with(profile, 3, &[]).await;
        let inbox = desk.ids("INBOX").await;
        desk.core().file_under(inbox[..2].to_vec(), MailboxRole::Trash).await.unwrap();
        desk.settles(&name).await;
        desk.core().file_under(vec![inbox[2]], MailboxRole::Trash).await.unwrap();
        desk.core().empty_trash(desk.scene.phone.account).await.unwrap();
        let again = desk.core().empty_trash(desk.scene.phone.account).await;
        assert!(matches!(again, Err(CoreError::InvalidInput { .. })), "{name}");
        let shown: u64 = desk.mailboxes().await.iter().map(|one| one.total).sum();
        assert_eq!(shown, 0, "{name}");
        desk.settles(&name).await;
        desk.all_done(&name).await;
    }
}
