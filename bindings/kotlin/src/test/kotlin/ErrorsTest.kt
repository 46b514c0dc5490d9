package org.postrider

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assertions.fail
import org.junit.jupiter.api.Test
import kotlinx.coroutines.runBlocking

/** Fails unless [block] throws just this. */
suspend inline fun <reified T : Throwable> assertFails(block: suspend () -> Unit): T {
    try {
        block()
    } catch (thrown: Throwable) {
        return thrown as? T ?: throw AssertionError("${T::class.simpleName} was expected", thrown)
    }
    return fail("${T::class.simpleName} was expected")
}

class ErrorsTest {
    @Test
    fun `every kind of error is an exception of its own that goes to the core and back`() {
        val kinds = CoreException::class.java.declaredClasses.filter { CoreException::class.java.isAssignableFrom(it) }
        assertTrue(kinds.size > 20)
        for (kind in kinds) {
            val made = kind.getConstructor(String::class.java, String::class.java).newInstance("why", "CODE")
            val facts = (made as CoreException).facts
            val word = kind.simpleName.replace(Regex("(?<=.)([A-Z])"), "_$1").lowercase()
            assertEquals(listOf(word, "why", "CODE"), listOf(facts.kind, facts.text, facts.serverCode))
        }
        assertTrue(CoreException.Network("", null).facts.retryable)
        assertTrue(CoreException.Authentication("", null).facts.needsUser)
        assertNull(CoreException.Protocol("", null).facts.serverCode)
    }

    @Test
    fun `what does not fit or is not there is told by its kind`() = withCore { core ->
        val account = core.addAccount(settings("mara@postrider.example", "imaps://mail.example"))
        assertFails<CoreException.AlreadyExists> {
            core.addAccount(settings("mara@postrider.example", "imaps://mail.example"))
        }
        assertFails<CoreException.InvalidInput> { core.addAccount(newAccountSettings("other", "o@postrider.example")) }
        assertFails<CoreException.InvalidInput> { parseServer("http://mail.example") }
        assertFails<CoreException.InvalidInput> { core.search("before:yesterday-ish", account, 5u) }
        assertFails<CoreException.InvalidInput> { core.flag(listOf(PlaceId(1)), FlagChange()) }
        assertFails<CoreException.NotFound> { core.findMailbox(account, "nowhere") }
        assertFails<CoreException.NotFound> { core.message(PlaceId(4711)) }
        assertFails<CoreException.NotFound> { core.operation(OperationId(4711)) }
        assertFails<CoreException.NotFound> { core.sync(AccountId(4711), SyncOptions(direction = Direction.PUSH)) }
    }

    @Test
    fun `what a server or the way to it refuses is told by its kind`() = ModelServer.start().use { server ->
        val answers = mutableMapOf<String, () -> String>()
        val secrets = object : SecretStore {
            override fun password(account: String) = answers.getValue(account)()
        }
        withCore(secrets) { core ->
            suspend fun syncing(name: String, url: String = server.url, answer: () -> String) {
                answers[name] = answer
                core.syncNow(core.addAccount(settings(server.user, url, name)))
            }
            val refused = assertFails<CoreException.Authentication> { syncing("wrong") { "wrong" } }
            assertEquals("AUTHENTICATIONFAILED", refused.serverCode)
            assertTrue(core.findAccount("wrong").needsUser)
            assertEquals("authentication", core.findAccount("wrong").lastError?.kind)
            assertFails<CoreException.CredentialMissing> { syncing("none") { throw HostException.Missing() } }
            assertFails<CoreException.ServerUnavailable> { syncing("locked") { throw HostException.Unavailable() } }
            assertFails<CoreException.ServerUnavailable> { syncing("bug") { error("a bug of the host") } }
            assertFails<CoreException.ServerUnavailable> { syncing("worse") { throw AssertionError("an Error") } }
            val withTls = server.url.replace("imap+plain", "imap")
            assertFails<CoreException.TlsUnavailable> { syncing("tls", withTls) { server.password } }
            val nobody = SilentServer().use { it.url }
            assertFails<CoreException.ConnectionRefused> { syncing("nobody", nobody) { server.password } }
            syncing("right") { server.password }
        }
    }

    @Test
    fun `a token is asked of the host, once more where it was refused`() = ModelServer.start().use { server ->
        val asked = mutableListOf<Boolean>()
        val tokens = object : TokenProvider {
            override fun accessToken(account: String, refused: Boolean): String {
                asked += refused
                return "not a token"
            }
        }
        withFolder { folder ->
            runBlocking {
                Postrider.open(folder.toString(), FixedPassword(""), tokens).use { core ->
                    val settings = settings(server.user, server.url).copy(auth = Auth.TOKEN)
                    assertFails<CoreException.Authentication> { core.testAccount(settings) }
                    core.shutDown()
                }
            }
        }
        assertEquals(listOf(false, true), asked)
    }

    @Test
    fun `a store that is open elsewhere is in use, one that was closed is closed`() = withFolder { folder ->
        runBlocking {
            val core = Postrider.open(folder.toString(), FixedPassword(""))
            val inUse = assertFails<CoreException.InUse> { Postrider.open(folder.toString(), FixedPassword("")) }
            assertTrue(inUse.facts.retryable)
            core.shutDown()
            assertFails<CoreException.Closed> { core.accounts() }
            core.close()
            assertFails<IllegalStateException> { core.accounts() }
            Postrider.open(folder.toString(), FixedPassword("")).use { again ->
                assertTrue(again.check(false).problems.isEmpty())
                again.shutDown()
            }
        }
    }
}
