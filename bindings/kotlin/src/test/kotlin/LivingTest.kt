package org.postrider

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Lists that change, and what is no longer waited for. */
class LivingTest {
    @Test
    fun `a list is observed as a flow, and is then what a page shows`() = withMail { core, account, _ ->
        val inbox = core.inbox(account).id
        val lists = Channel<List<MessageRow>>(Channel.UNLIMITED)
        val collecting = launch { core.messageFlow(inbox, window = 20u).collect { lists.send(it) } }
        val first = lists.receive()
        assertEquals(core.messages(inbox, ListFilter(), null, 20u).messages, first)
        core.flag(listOf(first[3].id), FlagChange(add = listOf("\$Later")))
        core.moveTo(listOf(first[0].id), core.findMailbox(account, "archive").id)
        val wanted = core.messages(inbox, ListFilter(), null, 20u).messages
        assertFalse(wanted.any { it.id == first[0].id })
        do {
            val shown = lists.receive()
        } while (shown != wanted)
        collecting.cancelAndJoin()
    }

    @Test
    fun `whoever collects slowly holds nobody up and sees the newest list`() = withMail { core, account, _ ->
        val inbox = core.inbox(account).id
        val seen = Channel<List<MessageRow>>(Channel.UNLIMITED)
        val gate = CompletableDeferred<Unit>()
        val collecting = launch {
            core.messageFlow(inbox, window = 5u).collect {
                seen.send(it)
                gate.await()
            }
        }
        val id = seen.receive().first().id
        repeat(50) { core.flag(listOf(id), FlagChange(add = listOf("\$K$it"))) }
        core.flag(listOf(id), FlagChange(add = listOf("\$Last")))
        assertTrue(core.syncNow(account).complete)
        gate.complete(Unit)
        do {
            val newest = seen.receive().first()
        } while ("\$Last" !in newest.flags)
        collecting.cancelAndJoin()
    }

    @Test
    fun `a flow fails with the end of the core`() = withMail { core, account, _ ->
        val inbox = core.inbox(account).id
        val shown = Channel<Unit>(Channel.UNLIMITED)
        val collecting = async { runCatching { core.messageFlow(inbox).collect { shown.send(Unit) } } }
        shown.receive()
        core.shutDown()
        assertTrue(collecting.await().exceptionOrNull() is CoreException.Closed)
    }

    @Test
    fun `an end that was cancelled is made good by the next one`() = withFolder { folder ->
        runBlocking {
            repeat(20) {
                Postrider.open(folder.toString(), FixedPassword("")).use { core ->
                    val ending = launch(Dispatchers.Default) { core.shutDown() }
                    ending.cancelAndJoin()
                    core.shutDown()
                }
            }
        }
    }

    @Test
    fun `a sync is cancelled by its handle and says that it is not complete`() = SilentServer().use { server ->
        withCore { core ->
            val account = core.addAccount(settings("mara@postrider.example", server.url))
            core.sync(account, SyncOptions(direction = Direction.BOTH)).use { sync ->
                withContext(Dispatchers.IO) { server.untilClosed { sync.cancel() } }
                val outcome = runCatching { sync.outcome() }
                assertTrue(outcome.isFailure || !outcome.getOrThrow().complete, "$outcome")
                assertEquals(outcome.isSuccess, runCatching { sync.outcome() }.isSuccess)
                assertEquals(null, sync.nextEvent())
            }
        }
    }

    @Test
    fun `a cancelled coroutine ends its sync, and the core goes on`() = SilentServer().use { server ->
        withCore { core ->
            val account = core.addAccount(settings("mara@postrider.example", server.url))
            repeat(3) {
                val syncing = launch { core.syncNow(account) }
                withContext(Dispatchers.IO) { server.untilClosed { syncing.cancelAndJoin() } }
            }
            assertEquals(account, core.accounts().single().id)
        }
    }

    @Test
    fun `a cancelled coroutine ends the fetch of a mail, and the core goes on`() =
        withMail(BodyPolicy.NONE) { core, account, model ->
            val row = core.messages(core.inbox(account).id, ListFilter(), null, 1u).messages.single()
            assertEquals(BodyState.NONE, row.body)
            model.close()
            SilentServer(model.port).use { server ->
                val fetching = launch { core.fetchBody(row.id) }
                withContext(Dispatchers.IO) { server.untilClosed { fetching.cancelAndJoin() } }
            }
            ModelServer.start(model.port).use {
                core.fetchBody(row.id)
                assertTrue(core.text(row.id).isNotBlank())
            }
        }

    @Test
    fun `hundreds of calls that are cancelled at any moment leave the core as it was`() = withMail { core, account, _ ->
        val inbox = core.inbox(account).id
        val before = core.messages(inbox, ListFilter(), null, 50u)
        val calls = (0 until 400).map { number ->
            launch(Dispatchers.Default) {
                when (number % 4) {
                    0 -> core.messages(inbox, ListFilter(), null, 50u)
                    1 -> core.messageFlow(inbox).first()
                    2 -> core.search("is:unread", account, 20u)
                    else -> core.syncNow(account)
                }
            }
        }
        calls.forEachIndexed { number, call ->
            if (number % 3 != 0) {
                yield()
                call.cancel()
            }
        }
        calls.joinAll()
        assertTrue(core.syncNow(account).complete)
        // Previews may have become longer: mails are read for the index meanwhile.
        val laid = { page: MessagePage -> page.messages.map { it.id to it.flags } }
        assertEquals(laid(before), laid(core.messages(inbox, ListFilter(), null, 50u)))
    }
}
