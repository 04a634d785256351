package dev.inferscale.signals.kube;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps a store in step with one collection of the Kubernetes API, as client-go's reflector does:
/// a list, then a watch from its version on. Runs on one thread of its own, for ever.
///
/// A watch is asked to end after some seconds and given up shortly after that, so that one which is
/// dead but not closed is noticed within half a minute; the next goes on from the version that the
/// last event or bookmark had, without a list. An event, a bookmark and an end in good order prove
/// that all that happened has been seen.
public final class Reflector<T> implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Reflector.class);
  private final ApiServer server;
  private final Collection collection;
  private final Function<JsonNode, T> reduced;
  private final Store<T> store;
  private final InstantSource time;
  private final Timing timing;

  // Written by its own thread and the client's, one after the other; read by everybody.
  private volatile String version = "";
  private volatile Instant inStep;
  private volatile boolean synced;
  private volatile String fault = "not asked yet";
  private final AtomicLong restarts = new AtomicLong();
  private volatile boolean again;

  /// How long a reflector waits for what.
  ///
  /// @param watch how long the server is asked to hold a watch
  /// @param grace after which it is given up from our side
  /// @param shortest pause after a failure, doubled with each further one
  /// @param longest of these pauses
  /// @param unknown how long a collection may be unknown to the server before it counts as empty:
  ///   while an API server starts it may not know custom resources yet
  public record Timing(
      Duration watch, Duration grace, Duration shortest, Duration longest, Duration unknown) {
    public static final Timing USUAL =
        new Timing(
            Duration.ofSeconds(18),
            Duration.ofSeconds(4),
            Duration.ofSeconds(1),
            Duration.ofSeconds(10),
            Duration.ofSeconds(30));

    /// Doubles up to the longest, spread by a half, so that replicas do not come back in step.
    ///
    /// @param failures in a row, at least 1
    /// @param random 0 to 1
    Duration pause(int failures, double random) {
      long doubled = shortest.toNanos() << Math.min(failures - 1, 10);
      return Duration.ofNanos(
          Math.round(Math.min(doubled, longest.toNanos()) * (0.5 + random / 2)));
    }
  }

  /// What to watch.
  ///
  /// @param name of the resource, such as `pods`
  /// @param path such as `/api/v1/pods`, without query
  /// @param namespace that the path is limited to, or empty
  /// @param selector further parameters such as `fieldSelector=…`, or empty
  /// @param optional true where nobody needs it: that it is not there, or may not be read, is told
  ///   once and is nothing to warn of
  public record Collection(
      String name, String path, String namespace, String selector, boolean optional) {
    /// One that is needed.
    public Collection(String name, String path, String namespace, String selector) {
      this(name, path, namespace, selector, false);
    }

    private boolean mayLack(ApiFault fault) {
      return optional && (fault.code() == 403 || fault.code() == 404);
    }
  }

  /// What is kept in step. Told by one thread at a time; must not block.
  public interface Store<T> {
    /// These are all items of a namespace, or of all where it is empty.
    void replace(String namespace, List<T> items);

    /// This one is new or has changed.
    void put(T item);

    /// This one is gone.
    void remove(T item);
  }

  /// Asks nothing before it runs.
  ///
  /// @param reduced what is kept of a document
  /// @param store told of the first list and of every change from then on
  public Reflector(
      ApiServer server,
      Collection collection,
      Function<JsonNode, T> reduced,
      Store<T> store,
      InstantSource time,
      Timing timing) {
    this.server = server;
    this.collection = collection;
    this.reduced = reduced;
    this.store = store;
    this.time = time;
    this.timing = timing;
    this.inStep = time.instant();
  }

  /// Lists anew when the watch that runs has ended, which is soon.
  public void again() {
    again = true;
  }

  /// How it is doing, at any time, from any thread.
  public WatchState state() {
    Duration age = Duration.between(inStep, time.instant());
    return new WatchState(
        collection.name(),
        collection.namespace(),
        synced,
        fault.isEmpty(),
        age.isNegative() ? Duration.ZERO : age,
        restarts.get(),
        fault);
  }

  @Override
  public void run() {
    int failures = 0;
    try {
      while (!Thread.currentThread().isInterrupted()) {
        failures = step(failures);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Lists if need be and watches once.
  ///
  /// @return failures in a row
  private int step(int failures) throws InterruptedException {
    try {
      if (again || version.isEmpty()) {
        again = false;
        list();
      }
      watch();
      return 0;
    } catch (ApiFault e) {
      // What was listed or seen before it broke was a success.
      int inRow = fault.isEmpty() ? 1 : failures + 1;
      failed(e);
      double random = ThreadLocalRandom.current().nextDouble();
      TimeUnit.NANOSECONDS.sleep(timing.pause(inRow, random).toNanos());
      return inRow;
    } catch (RuntimeException e) {
      // A bug of ours must not end the watch.
      LOG.atError().setCause(e).addKeyValue("resource", collection.name()).log("watch failed");
      failed(new ApiFault(ApiFault.NONE, "a fault of the plane; see its log"));
      version = "";
      TimeUnit.NANOSECONDS.sleep(timing.longest().toNanos());
      return failures + 1;
    }
  }

  private void list() throws ApiFault, InterruptedException {
    PagedList.Listed<T> listed =
        PagedList.of(server, collection.path(), collection.selector(), reduced);
    store.replace(collection.namespace(), listed.items());
    synced = true;
    version = listed.version();
    proved();
  }

  private void watch() throws ApiFault, InterruptedException {
    String selector = collection.selector().isEmpty() ? "" : "&" + collection.selector();
    String path =
        collection.path()
            + "?watch=true&allowWatchBookmarks=true&resourceVersion="
            + version
            + "&timeoutSeconds="
            + timing.watch().toSeconds()
            + selector;
    long began = System.nanoTime();
    WatchEvents events = new WatchEvents(this::event);
    try {
      server.stream(path, events, this::up, timing.watch().plus(timing.grace()));
    } finally {
      events.end();
    }
    proved();
    if (System.nanoTime() - began < timing.shortest().toNanos()) {
      throw new ApiFault(ApiFault.NONE, "the API server ends watches at once");
    }
  }

  private void event(String type, JsonNode object) throws ApiFault {
    switch (type) {
      case "ADDED", "MODIFIED" -> store.put(reduced.apply(object));
      case "DELETED" -> store.remove(reduced.apply(object));
      case "BOOKMARK" -> {
        // Only its version matters.
      }
      default -> throw ApiFault.of(object.path("code").asInt(ApiFault.NONE));
    }
    version = object.path("metadata").path("resourceVersion").asText("");
    proved();
  }

  private void proved() {
    inStep = time.instant();
    up();
  }

  private void up() {
    if (!fault.isEmpty() && restarts.get() > 0) {
      about("watch is in step again");
    }
    fault = "";
  }

  private void failed(ApiFault cause) {
    if (cause.code() == ApiFault.GONE) {
      version = "";
    }
    if (cause.code() == 404) {
      unknown();
    }
    restarts.incrementAndGet();
    if (fault.isEmpty() || !fault.equals(cause.sentence())) {
      (collection.mayLack(cause) ? LOG.atInfo() : LOG.atWarn())
          .addKeyValue("resource", collection.name())
          .addKeyValue("namespace", collection.namespace())
          .addKeyValue("fault", cause.sentence())
          .log("watch is not in step; connecting again");
    }
    fault = cause.sentence();
  }

  /// A resource that the cluster does not have has no items.
  private void unknown() {
    version = "";
    Duration since = Duration.between(inStep, time.instant());
    if (!synced || since.compareTo(timing.unknown()) > 0) {
      store.replace(collection.namespace(), List.of());
      synced = true;
    }
  }

  private void about(String message) {
    LOG.atInfo()
        .addKeyValue("resource", collection.name())
        .addKeyValue("namespace", collection.namespace())
        .log(message);
  }
}
