package dev.inferscale.signals.scrape;

import dev.inferscale.signals.pool.Credentials.Trust;
import dev.inferscale.signals.window.FetchFault;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// One HTTP client for all who trust the same, since connections that were made in another trust
/// must not be shared. Thread-safe.
final class Clients implements AutoCloseable {
  private final ExecutorService threads;
  private final Map<Trust, RenewedClient> byTrust = new HashMap<>();

  Clients() {
    // Platform threads: looking up a host name holds on to its carrier, and a dead name server must
    // not stop the other targets' virtual threads.
    threads =
        Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("scrape-http-", 0).factory());
  }

  /// The client of those who trust so.
  ///
  /// @throws FetchException once they are closed
  synchronized RenewedClient of(Trust trust) throws FetchException {
    if (threads.isShutdown()) {
      throw new FetchException(FetchFault.UNREACHABLE, "the plane is ending");
    }
    return byTrust.computeIfAbsent(
        trust, each -> new RenewedClient(threads, PageTrust.context(each)));
  }

  /// Ends the others. One that a fetch asks for at this moment is made anew, and ends with the next
  /// call.
  synchronized void retain(Set<Trust> trusted) {
    byTrust
        .entrySet()
        .removeIf(client -> {
          boolean unused = !trusted.contains(client.getKey());
          if (unused) {
            client.getValue().retire();
          }
          return unused;
        });
  }

  /// How many there are now.
  synchronized int count() {
    return byTrust.size();
  }

  @Override
  public synchronized void close() {
    byTrust.values().forEach(RenewedClient::close);
    byTrust.clear();
    threads.shutdownNow();
  }
}
