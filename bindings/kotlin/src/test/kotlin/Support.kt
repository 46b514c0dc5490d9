package org.postrider

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import java.io.OutputStream
import java.net.InetAddress
import java.net.ServerSocket
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.seconds

/** The mail server that is embedded in the command line, as a child process. */
class ModelServer private constructor(private val process: Process, val url: String, val user: String, val password: String) :
    AutoCloseable {
    val port: Int get() = url.substringAfterLast(':').toInt()

    override fun close() {
        process.destroyForcibly()
        check(process.waitFor(30, TimeUnit.SECONDS)) { "the server does not end" }
    }

    companion object {
        fun start(port: Int = 0): ModelServer {
            val program = checkNotNull(System.getProperty("postrider.program")) { "run bindings/kotlin/test" }
            val process = ProcessBuilder(program, "--json", "serve-model", "--imap", "$port")
                .redirectError(ProcessBuilder.Redirect.INHERIT).start()
            val line = checkNotNull(process.inputStream.bufferedReader().readLine()) { "$program does not serve" }
            fun field(name: String) = checkNotNull(Regex("\"$name\":\"([^\"]*)\"").find(line)) { line }.groupValues[1]
            return ModelServer(process, field("imap"), field("user"), field("password"))
        }
    }
}

/** A server that takes connections and never says a word. */
class SilentServer(port: Int = 0) : AutoCloseable {
    private val socket = ServerSocket(port, 8, InetAddress.getByName("127.0.0.1"))
    val url: String get() = "imap+plain://127.0.0.1:${socket.localPort}"

    /** Waits for a connection, gives control, and then waits until the other side has closed it. */
    suspend fun untilClosed(whileOpen: suspend () -> Unit) {
        socket.soTimeout = 30_000
        socket.accept().use { connection ->
            connection.soTimeout = 30_000
            whileOpen()
            connection.getInputStream().transferTo(OutputStream.nullOutputStream())
        }
    }

    override fun close() = socket.close()
}

/** Passwords that never change. */
class FixedPassword(private val password: String) : SecretStore {
    override fun password(account: String) = password
}

/** A folder that is gone afterwards. */
fun <T> withFolder(block: (Path) -> T): T {
    val folder = Files.createTempDirectory("postrider")
    try {
        return block(folder)
    } finally {
        folder.toFile().deleteRecursively()
    }
}

/** A test with an open core, ended in order. */
fun withCore(secrets: SecretStore = FixedPassword(""), block: suspend CoroutineScope.(Core) -> Unit) = withFolder { folder ->
    runBlocking {
        withTimeout(60.seconds) {
            Postrider.open(folder.resolve("store").toString(), secrets).use { core ->
                block(core)
                core.shutDown()
            }
        }
    }
}

/** A test with an account at the embedded server, synced. */
fun withMail(bodies: BodyPolicy = BodyPolicy.ALL, block: suspend CoroutineScope.(Core, AccountId, ModelServer) -> Unit) =
    ModelServer.start().use { server ->
        withCore(FixedPassword(server.password)) { core ->
            val account = core.addAccount(settings(server.user, server.url).copy(bodies = bodies))
            core.syncNow(account)
            block(core, account, server)
        }
    }

fun settings(user: String, url: String, name: String = "mara") =
    newAccountSettings(name, user).copy(imap = parseServer(url))

suspend fun Core.inbox(account: AccountId) = findMailbox(account, "inbox")
