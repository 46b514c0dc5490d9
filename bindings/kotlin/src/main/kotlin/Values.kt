package org.postrider

// Ids of the core: made by the store, never reused. Which is which stands with the calls; bindgen/bindings.toml names them.

/** One configured account. */
@JvmInline
value class AccountId(val value: Long)

/** One mailbox of one account. It survives renames on the server. */
@JvmInline
value class MailboxId(val value: Long)

/** One mail, however many mailboxes it lies in. All its copies share this id. */
@JvmInline
value class MessageId(val value: Long)

/** One mail as it lies in one mailbox. It survives moves, renames and UIDVALIDITY changes; a copy has its own. */
@JvmInline
value class PlaceId(val value: Long)

/** One conversation of an account, across its mailboxes. */
@JvmInline
value class ThreadId(val value: Long)

/** One operation of the user, as the journal keeps it. Later ones have higher ids. */
@JvmInline
value class OperationId(val value: Long)

/** What is known of an error: its kind in one word, whether to try again, whether the person must do something. */
val CoreException.facts: ErrorFacts get() = errorFacts(this)
