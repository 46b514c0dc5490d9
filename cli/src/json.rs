//! The API's values as the contract of the command line writes them: ids as strings, times in RFC 3339.

use postrider::api::{
    AccountInfo, ActionDone, AttachmentInfo, MailboxActionDone, MailboxInfo, MessageDetail, MessageRow, OperationInfo,
    PartInfo, StepInfo, SyncSummary, ThreadRow, Timestamp,
};
use serde_json::{Map, Value, json};

/// One message of a list.
pub(crate) fn message(row: &MessageRow) -> Value {
    json!({
        "id": row.id.to_string(),
        "mailbox": row.mailbox,
        "uid": row.uid,
        "subject": row.subject,
        "from": row.from,
        "to": row.to,
        "date": time(row.date),
        "flags": row.flags,
        "size": row.size,
        "thread_id": row.thread_id.to_string(),
        "message": row.message.to_string(),
        "has_attachments": row.has_attachments,
        "preview": row.preview,
        "body": row.body,
        "pending": row.pending,
    })
}

/// One conversation of a list: its newest message and what they sum to.
pub(crate) fn thread(row: &ThreadRow) -> Value {
    with(message(&row.newest), json!({"count": row.count, "unread": row.unread}))
}

/// One message in full.
pub(crate) fn detail(detail: &MessageDetail) -> Value {
    let more = json!({
        "cc": detail.cc,
        "bcc": detail.bcc,
        "reply_to": detail.reply_to,
        "message_id": detail.message_id,
        "sender_unclear": detail.sender_unclear,
        "structure": detail.structure.as_deref().map(structure),
    });
    with(message(&detail.row), more)
}

/// One attachment of a message.
pub(crate) fn attachment(info: &AttachmentInfo) -> Value {
    json!({"part": info.part, "name": info.name, "media_type": info.media_type, "size": info.size, "here": info.here})
}

/// One mailbox.
pub(crate) fn mailbox(info: &MailboxInfo, account: &AccountInfo) -> Value {
    json!({
        "id": info.id.to_string(),
        "account": account.name,
        "name": info.name,
        "role": info.role,
        "total": info.total,
        "unread": info.unread,
        "server_total": info.server_total,
        "uidvalidity": info.uidvalidity,
        "synced": info.synced,
        "subscribed": info.subscribed,
        "selectable": info.selectable,
    })
}

/// The parts of a mail as a tree: each holds those within it.
pub(crate) fn structure(parts: &[PartInfo]) -> Value {
    let Some((root, within)) = parts.split_first() else { return Value::Null };
    let mut object = json!(root);
    if let Value::Object(fields) = &mut object {
        fields.remove("depth");
        let children: Vec<Value> = within.chunk_by(|_, next| next.depth > root.depth + 1).map(structure).collect();
        if !children.is_empty() {
            fields.insert("children".to_owned(), Value::Array(children));
        }
    }
    object
}

/// One account.
pub(crate) fn account(info: &AccountInfo) -> Value {
    let failed = info.last_error.as_ref();
    json!({
        "id": info.id.to_string(),
        "account": info.name,
        "email": info.email,
        "last_sync": info.last_sync.map(time),
        "last_error": failed.map(|error| json!({"error": error.kind, "message": error.message})),
        "needs_user": info.needs_user,
    })
}

/// What an action became.
pub(crate) fn action(done: &ActionDone) -> Value {
    let ids: Vec<String> = done.ids.iter().map(ToString::to_string).collect();
    json!({"operation": done.operation.to_string(), "ids": ids})
}

/// What an action on a mailbox became.
pub(crate) fn mailbox_action(done: &MailboxActionDone) -> Value {
    json!({"operation": done.operation.to_string(), "ids": [], "mailbox_id": done.mailbox.to_string()})
}

/// One operation of the journal.
pub(crate) fn operation(info: &OperationInfo) -> Value {
    let ids: Vec<String> = info.message_ids.iter().map(ToString::to_string).collect();
    json!({
        "id": info.id.to_string(),
        "kind": info.kind,
        "state": info.state,
        "message_ids": ids,
        "mailbox": info.mailbox,
        "attempts": info.attempts,
        "reason": info.reason,
        "reason_code": info.reason_code,
        "created": time(info.created),
        "updated": time(info.updated),
    })
}

/// What became of each message of an operation.
pub(crate) fn steps(steps: &[StepInfo]) -> Value {
    let step = |step: &StepInfo| {
        json!({
            "message_id": step.message_id.map(|id| id.to_string()),
            "state": step.state,
            "reason": step.reason,
        })
    };
    json!({"steps": steps.iter().map(step).collect::<Vec<_>>()})
}

/// What a sync did.
pub(crate) fn summary(summary: &SyncSummary) -> Value {
    with(json!({"event": "summary"}), json!(summary))
}

/// Both objects in one.
pub(crate) fn with(first: Value, second: Value) -> Value {
    let mut all = Map::new();
    for object in [first, second] {
        if let Value::Object(fields) = object {
            all.extend(fields);
        }
    }
    Value::Object(all)
}

fn time(time: Timestamp) -> String {
    time.to_string()
}

#[cfg(test)]
mod tests {
    use postrider::api::Disposition;

    use super::*;

    #[test]
    fn the_parts_of_a_mail_are_a_tree_again() {
        let part = |depth, section: &str| PartInfo {
            depth,
            section: section.to_owned(),
            media_type: String::new(),
            charset: None,
            name: None,
            content_id: None,
            disposition: Disposition::Inline,
            encoding: String::new(),
            octets: 0,
            is_multipart: false,
        };
        let parts = [part(0, ""), part(1, "1"), part(2, "1.1"), part(2, "1.2"), part(1, "2"), part(2, "2.1")];
        let tree = structure(&parts);
        let sections = |value: &Value| -> Vec<Value> {
            value["children"].as_array().into_iter().flatten().map(|child| child["section"].clone()).collect()
        };
        assert_eq!(sections(&tree), ["1", "2"]);
        assert_eq!(sections(&tree["children"][0]), ["1.1", "1.2"]);
        assert_eq!(sections(&tree["children"][1]), ["2.1"]);
        assert!(tree.get("depth").is_none() && tree["children"][1]["children"][0].get("children").is_none());
    }
}
