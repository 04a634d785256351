package dev.inferscale.signals.scrape;

import dev.inferscale.signals.window.FetchFault;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// The memory that all fetches in flight share. A fetch takes bytes as its page grows and waits
/// where there are none left; the smallest page is served first, so that huge pages wait for
/// ordinary ones and not the other way round. Where all that hold bytes wait for more, nobody would
/// ever get any: the largest page is given up. Thread-safe; no callback runs under the lock.
final class ByteBudget {
  private static final Comparator<Share> LEAST_FIRST =
      Comparator.comparingLong(share -> share.held + share.missing);

  private final long most;
  private long free;

  /// All that hold bytes or wait for some, in the order in which they first asked.
  private final Set<Share> shares = new LinkedHashSet<>();

  /// @param most in bytes
  ByteBudget(long most) {
    this.most = most;
    this.free = most;
  }

  /// The share of one exchange; it holds nothing yet.
  Share open() {
    return new Share();
  }

  /// Bytes that nobody holds.
  synchronized long free() {
    return free;
  }

  /// What one exchange holds until it is closed.
  final class Share implements AutoCloseable {
    private long held;
    private long missing;
    private boolean waiting;
    private boolean closed;
    private CompletableFuture<Share> answer = CompletableFuture.completedFuture(this);

    private Share() {}

    /// Holds so many bytes in all. One call at a time: the next comes after the answer to the last.
    ///
    /// @return completes when they are held, fails with a [FetchException] where the page is given
    ///   up, and is cancelled where the share is closed
    CompletableFuture<Share> reach(long bytes) {
      CompletableFuture<Share> asked = new CompletableFuture<>();
      settling(() -> {
        if (closed) {
          return List.of(() -> asked.cancel(false));
        }
        answer = asked;
        missing = Math.max(0, bytes - held);
        waiting = true;
        shares.add(this);
        return settled();
      });
      return asked;
    }

    boolean isWaiting() {
      synchronized (ByteBudget.this) {
        return waiting;
      }
    }

    /// Gives everything back; whoever waits for it is told.
    @Override
    public void close() {
      settling(() -> {
        giveBack();
        CompletableFuture<Share> waiter = answer;
        List<Runnable> told = settled();
        told.add(() -> waiter.cancel(false));
        return told;
      });
    }

    private void take() {
      free -= missing;
      held += missing;
      missing = 0;
      waiting = false;
    }

    private void giveBack() {
      free += held;
      held = 0;
      waiting = false;
      closed = true;
      shares.remove(this);
    }
  }

  /// A change of who holds what; it gives what is to be told when the lock is no longer held.
  private interface Change {
    List<Runnable> make();
  }

  private void settling(Change change) {
    List<Runnable> told;
    synchronized (this) {
      told = change.make();
    }
    told.forEach(Runnable::run);
  }

  /// Grants what can be granted, and gives up the largest page where nothing else would free bytes.
  private List<Runnable> settled() {
    List<Runnable> told = new ArrayList<>();
    for (Share next = least(); next != null; next = least()) {
      if (next.missing <= free) {
        next.take();
        Share granted = next;
        CompletableFuture<Share> answer = next.answer;
        told.add(() -> answer.complete(granted));
      } else if (shares.stream().allMatch(share -> share.waiting)) {
        Share largest = shares.stream().max(LEAST_FIRST).orElseThrow();
        largest.giveBack();
        CompletableFuture<Share> answer = largest.answer;
        told.add(() -> answer.completeExceptionally(crowdedOut()));
      } else {
        return told;
      }
    }
    return told;
  }

  private @Nullable Share least() {
    return shares.stream().filter(share -> share.waiting).min(LEAST_FIRST).orElse(null);
  }

  private FetchException crowdedOut() {
    return new FetchException(
        FetchFault.NO_MEMORY,
        "its page was the largest when all " + most + " maxBufferedBytes were in use");
  }
}
