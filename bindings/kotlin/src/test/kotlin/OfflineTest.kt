package org.postrider

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class OfflineTest {
    @Test
    fun `flags and moves made with no network are shown at once and reach the server with the next sync`() =
        withMail { core, account, server ->
            val inbox = core.inbox(account)
            val archive = core.findMailbox(account, "archive")
            val (first, second) = core.messages(inbox.id, ListFilter(), null, 2u).messages
            server.close()
            assertFails<CoreException.ConnectionRefused> { core.syncNow(account) }

            val flagged = core.flag(listOf(first.id), FlagChange(add = listOf("flagged", "\$Later")))
            val moved = core.moveTo(listOf(second.id), archive.id)
            assertTrue(core.message(first.id).row.flags.containsAll(listOf("flagged", "\$Later")))
            assertEquals(archive.id, core.message(second.id).row.mailboxId)
            assertEquals(listOf("move"), core.message(second.id).row.pending)
            assertEquals(listOf(flagged.operation, moved.operation), core.operations(account, false).map { it.id })
            assertEquals(OperationState.QUEUED, core.operation(moved.operation).state)

            ModelServer.start(server.port).use { back ->
                val summary = core.syncNow(account)
                assertEquals(2uL, summary.operationsDone)
                assertEquals(0uL, summary.operationsLeft)
                for (done in listOf(flagged, moved)) {
                    assertEquals(OperationState.DONE, core.operation(done.operation).state)
                    assertEquals(listOf(OperationState.DONE), core.operationSteps(done.operation).map { it.state })
                }
                assertTrue(core.operations(account, false).isEmpty())
                assertFails<CoreException.InvalidInput> { core.cancelOperation(moved.operation) }

                // Another device sees the same.
                withCore(FixedPassword(back.password)) { other ->
                    val there = other.addAccount(settings(back.user, back.url))
                    other.syncNow(there)
                    val same = other.messages(other.inbox(there).id, ListFilter(), null, 1_000u).messages
                    assertTrue("\$Later" in same.single { it.uid == first.uid }.flags)
                    assertTrue(same.none { it.uid == second.uid })
                    val filed = other.messages(other.findMailbox(there, "archive").id, ListFilter(), null, 1_000u).messages
                    assertEquals(1, filed.count { it.subject == second.subject && it.preview == second.preview })
                }
            }
        }

    @Test
    fun `an operation that has not left is taken back, and its effect with it`() = withMail { core, account, _ ->
        val inbox = core.inbox(account)
        val before = core.messages(inbox.id, ListFilter(), null, 50u).messages
        val operation = core.moveTo(listOf(before.first().id), core.findMailbox(account, "trash").id).operation
        assertFalse(core.messages(inbox.id, ListFilter(), null, 50u).messages.any { it.id == before.first().id })
        assertEquals(OperationState.CANCELLED, core.cancelOperation(operation).state)
        assertEquals(before, core.messages(inbox.id, ListFilter(), null, 50u).messages)
        assertEquals(0uL, core.syncNow(account).operationsDone)
    }
}
