package org.postrider

import com.sun.jna.Callback
import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.withContext

/** Where everything begins. */
object Postrider {
    /**
     * Opens the store in a folder, which is made where it is missing. Nothing is connected yet. End it with
     * [Core.shutDown], then `close()`.
     */
    suspend fun open(dir: String, secrets: SecretStore, tokens: TokenProvider? = null): Core {
        attached
        val provider = tokens?.let { given ->
            object : TokenProvider {
                override fun accessToken(account: String, refused: Boolean) =
                    answer { given.accessToken(account, refused) }
            }
        }
        val store = object : SecretStore {
            override fun password(account: String) = answer { secrets.password(account) }
        }
        return Core.open(dir, store, provider)
    }

    /** An `Error` would be lost on its way through native code, and the core would take nothing for the answer. */
    private fun answer(ask: () -> String): String =
        try {
            ask()
        } catch (refused: HostException) {
            throw refused
        } catch (_: Throwable) {
            throw HostException.Unavailable()
        }

    /**
     * The library calls from threads of its own. JNA would make a Java thread for each call, which costs three times
     * as much; so each keeps the one that it got first. They are daemons: they keep no JVM from ending.
     */
    private val attached: Unit by lazy {
        val initializer = CallbackThreadInitializer(true, false, "postrider")
        val callbacks = listOf<Callback>(
            uniffiRustFutureContinuationCallbackImpl,
            uniffiCallbackInterfaceListObserver.changed,
            uniffiCallbackInterfaceListObserver.failed,
        )
        callbacks.forEach { Native.setCallbackThreadInitializer(it, initializer) }
    }
}

/**
 * The newest messages of a mailbox, as many as [window] says: first as they are, then again after each change. Whoever
 * collects slowly gets the newest list and misses those between; the engine never waits for it. The flow fails with
 * [CoreException.NotFound] when the mailbox is gone and [CoreException.Closed] when the core is closed. To stop
 * collecting ends the observation.
 */
fun Core.messageFlow(
    mailbox: MailboxId,
    filter: ListFilter = ListFilter(),
    window: UInt = 50u,
): Flow<List<MessageRow>> = callbackFlow {
    val observer = object : ListObserver {
        private val shown = mutableListOf<MessageRow>()

        override fun changed(diffs: List<ListDiff>) {
            // What is thrown here, even an Error, would be lost on its way through native code.
            try {
                diffs.forEach { shown.apply(it) }
                trySend(shown.toList())
            } catch (failure: Throwable) {
                close(failure)
            }
        }

        override fun failed(error: CoreException) {
            close(error)
        }
    }
    val subscription = observe(mailbox, filter, window, observer)
    awaitClose { subscription.close() }
}.buffer(Channel.CONFLATED)

/** Applies one change of an observed list. */
fun MutableList<MessageRow>.apply(diff: ListDiff) {
    when (diff) {
        is ListDiff.Reset -> {
            clear()
            addAll(diff.messages)
        }
        is ListDiff.Insert -> add(diff.index.toInt(), diff.message)
        is ListDiff.Remove -> removeAt(diff.index.toInt())
        is ListDiff.Update -> set(diff.index.toInt(), diff.message)
    }
}

// Were this cancelled half-way, the sync would go on and nobody could end it.
private suspend fun Core.begun(account: AccountId, options: SyncOptions): SyncHandle =
    withContext(NonCancellable) { sync(account, options) }

/**
 * Syncs an account and waits for the end, telling [onEvent] what happens. Where the coroutine is cancelled, the sync
 * ends at its next step; what it did stays.
 */
suspend fun Core.syncNow(
    account: AccountId,
    options: SyncOptions = SyncOptions(direction = Direction.BOTH),
    onEvent: suspend (SyncEvent) -> Unit = {},
): SyncSummary = begun(account, options).use { handle ->
    try {
        while (true) {
            onEvent(handle.nextEvent() ?: break)
        }
        handle.outcome()
    } finally {
        // Of no effect on one that has ended.
        handle.cancel()
    }
}
