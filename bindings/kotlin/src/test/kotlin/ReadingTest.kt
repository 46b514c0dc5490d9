package org.postrider

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class ReadingTest {
    @Test
    fun `a sync brings the mailboxes and tells its stages and its costs`() = ModelServer.start().use { server ->
        withCore(FixedPassword(server.password)) { core ->
            val account = core.addAccount(settings(server.user, server.url))
            val stages = mutableSetOf<SyncStage>()
            val summary = core.syncNow(account) { event -> if (event is SyncEvent.Progress) stages.add(event.stage) }
            assertTrue(summary.complete)
            // Headers of so few mails come with one answer, and there is no progress to tell.
            assertEquals(setOf(SyncStage.BODIES), stages)
            val mailboxes = core.mailboxes(account)
            assertEquals(summary.messagesNew, mailboxes.sumOf { it.total })
            assertEquals(MailboxRole.INBOX, core.inbox(account).role)
            val info = core.accounts().single()
            assertEquals(account, info.id)
            assertNotNull(info.lastSync)
            assertNull(info.lastError)
        }
    }

    @Test
    fun `pages follow each other without a gap, newest first`() = withMail { core, account, _ ->
        val inbox = core.inbox(account)
        val whole = core.messages(inbox.id, ListFilter(), null, 1_000u)
        assertNull(whole.next)
        assertEquals(inbox.total, whole.messages.size.toULong())
        val paged = mutableListOf<MessageRow>()
        var after: String? = null
        do {
            val page = core.messages(inbox.id, ListFilter(), after, 7u)
            paged += page.messages
            after = page.next
        } while (after != null)
        assertEquals(whole.messages, paged)
        val unread = core.messages(inbox.id, ListFilter(unread = true), null, 1_000u).messages
        assertEquals(inbox.unread, unread.size.toULong())
        assertTrue(unread.none { "seen" in it.flags })
    }

    @Test
    fun `conversations hold the messages of the mailbox`() = withMail { core, account, _ ->
        val inbox = core.inbox(account)
        val threads = core.threads(inbox.id, ListFilter(), null, 1_000u).threads
        assertEquals(inbox.total, threads.sumOf { it.count })
        val longest = threads.maxBy { it.count }
        assertTrue(longest.count > 1u)
        val members = core.thread(longest.newest.id)
        assertTrue(members.size.toULong() >= longest.count)
        assertTrue(members.all { it.threadId == longest.newest.threadId })
    }

    @Test
    fun `a message is shown in full, with its text and what is attached`() = withMail { core, account, _ ->
        val rows = core.messages(core.inbox(account).id, ListFilter(), null, 1_000u).messages
        val detail = core.message(rows.first().id)
        assertEquals(rows.first(), detail.row)
        assertEquals(0u, checkNotNull(detail.structure).first().depth)
        assertTrue(core.text(detail.row.id).isNotBlank())
        assertTrue(core.headers(detail.row.id).decodeToString().contains("From:", ignoreCase = true))
        val letter = rows.first { it.hasAttachments }
        val attachment = core.attachments(letter.id).first()
        withFolder { folder ->
            val file = folder.resolve(attachment.name)
            kotlinx.coroutines.runBlocking { core.saveAttachment(letter.id, attachment.part, file.toString()) }
            assertTrue(file.toFile().length() > 0)
        }
    }

    @Test
    fun `words are found on the device`() = withMail { core, account, _ ->
        core.finishIndexing()
        assertEquals(0uL, core.unindexed())
        val found = core.search("from:giulia torchio", account, 10u)
        assertEquals("Giulia Ferri", found.first().from.single().name)
        assertFalse(core.search("nobodywrotethisword", account, 10u).iterator().hasNext())
    }
}
