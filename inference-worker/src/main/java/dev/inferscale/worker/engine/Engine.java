package dev.inferscale.worker.engine;

import dev.inferscale.worker.backend.Backend;
import dev.inferscale.worker.engine.Admission.Accepted;
import dev.inferscale.worker.engine.Admission.Reason;
import dev.inferscale.worker.engine.Admission.Rejected;
import dev.inferscale.worker.telemetry.Load;
import dev.inferscale.worker.telemetry.Outcome;
import dev.inferscale.worker.telemetry.WorkerMetrics;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Serves one backend to many requests: the face of the engine to the other threads.
///
/// **Hand-over.** A request thread checks the queue's limit, puts a [Sequence] into the inbox and
/// wakes the engine thread; from then on only the engine thread touches it. The way back is the
/// request's [TokenStream]: tokens, then exactly one end. Cancelling sets a flag that the engine
/// thread reads before each step, so that blocks are free one step after a client has gone.
///
/// **Loop.** Take the inbox, turn the [Batcher] once, park when there was nothing to do. Nothing in
/// the loop waits for a reader, a lock held across I/O, or a scrape; gauges are read from
/// [Occupancy] even while a step hangs.
///
/// **End.** [#stop] refuses new requests and lets the others finish until its time is over. A
/// backend that throws is taken as broken for good: its CUDA context, or our picture of its blocks,
/// cannot be trusted again. All requests end with `internal`, `onFailure` is told once, and the
/// process is expected to end, so that the orchestrator starts a new one.
///
/// **Race at the end.** A request may be put into the inbox while the thread ends. The thread first
/// marks the phase as over, then empties the inbox; the request thread first puts, then looks at
/// the phase. So at least one of them sees the other, and whoever removes the request from the
/// inbox answers it.
public final class Engine {
  private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

  /// How long [#stop] waits for a step that does not come back.
  private static final Duration LAST_STEP = Duration.ofSeconds(3);

  private final Backend backend;
  private final WorkerMetrics metrics;
  private final InstantSource time;
  private final Runnable onFailure;
  private final Occupancy occupancy;
  private final Batcher batcher;
  private final Queue<Sequence> inbox = new ConcurrentLinkedQueue<>();
  private final Thread thread;

  /// Volatile: written by [#stop] and the engine thread, read by request threads.
  private volatile Phase phase = Phase.SERVING;

  /// Volatile: written by [#stop], read by the engine thread.
  private volatile Instant drainUntil = Instant.MAX;

  /// Since when the current turn runs; null between turns. Volatile: for the health checks.
  private volatile @Nullable Instant turnSince;

  private enum Phase {
    SERVING,
    DRAINING,
    STOPPED,
    FAILED
  }

  private Engine(
      Backend backend,
      EngineSettings settings,
      WorkerMetrics metrics,
      InstantSource time,
      Runnable onFailure) {
    this.backend = backend;
    this.metrics = metrics;
    this.time = time;
    this.onFailure = onFailure;
    occupancy = new Occupancy(settings.maxQueue());
    batcher = new Batcher(backend, settings, metrics, time, occupancy);
    thread = Thread.ofPlatform().name("engine").unstarted(this::run);
  }

  /// Starts an engine; it closes the backend when it ends.
  ///
  /// @param time monotonic
  /// @param onFailure called once, by the engine thread, when the backend has failed and every
  ///   request has been answered
  public static Engine start(
      Backend backend,
      EngineSettings settings,
      WorkerMetrics metrics,
      InstantSource time,
      Runnable onFailure) {
    Engine engine = new Engine(backend, settings, metrics, time, onFailure);
    metrics.watch(engine::load);
    engine.thread.start();
    return engine;
  }

  /// Accepts or rejects a request, at once.
  public Admission submit(Generation request) {
    if (phase != Phase.SERVING) {
      return refuse();
    }
    int length = request.prompt().length;
    if (length >= batcher.longestSequence()) {
      return new Rejected(
          Reason.TOO_LONG,
          "the prompt has %d tokens, but at most %d fit with one token of output"
              .formatted(length, batcher.longestSequence() - 1));
    }
    if (!occupancy.tryEnter(length)) {
      return turnAway();
    }
    Sequence sequence = new Sequence(request, time.instant());
    inbox.add(sequence);
    LockSupport.unpark(thread);
    if (isOver() && inbox.remove(sequence)) {
      occupancy.leave(length);
      return refuse();
    }
    return new Accepted(sequence.stream());
  }

  /// The answer of a full queue, for a request that need not even be read.
  public Rejected turnAway() {
    metrics.rejected(Outcome.QUEUE_FULL);
    return new Rejected(
        Reason.QUEUE_FULL, occupancy.waiting() + " requests are waiting; try again later");
  }

  /// What the engine holds now; never waits.
  public Load load() {
    Sequence unseen = inbox.peek();
    return occupancy.load(time.instant(), unseen == null ? null : unseen.waitingSince());
  }

  /// Longest sequence, prompt and output, in tokens.
  public int longestSequence() {
    return batcher.longestSequence();
  }

  /// Why requests should go elsewhere; empty when all is well.
  ///
  /// @param limit longest time that one step may take
  public Optional<String> unready(Duration limit) {
    return switch (phase) {
      case SERVING -> stuck(limit);
      case DRAINING, STOPPED -> Optional.of("draining: no new requests are taken");
      case FAILED -> Optional.of("the device failed; the worker is about to end");
    };
  }

  /// Why the process should be restarted; empty when all is well.
  ///
  /// @param limit longest time that one step may take
  public Optional<String> stuck(Duration limit) {
    Instant since = turnSince;
    if (since == null) {
      return Optional.empty();
    }
    Duration running = Duration.between(since, time.instant());
    return running.compareTo(limit) < 0
        ? Optional.empty()
        : Optional.of("the engine's step has been running for " + running.toSeconds() + " s");
  }

  /// Refuses new requests from now on, lets accepted ones finish within `drain`, ends the rest as
  /// cancelled, and returns when the engine thread has ended.
  public void stop(Duration drain) throws InterruptedException {
    drainUntil = time.instant().plus(drain);
    if (phase == Phase.SERVING) {
      phase = Phase.DRAINING;
    }
    LockSupport.unpark(thread);
    if (!thread.join(drain.plus(LAST_STEP))) {
      LOG.atError().log("the engine's last step does not end; leaving it behind");
    }
  }

  private boolean isOver() {
    return phase == Phase.STOPPED || phase == Phase.FAILED;
  }

  private Rejected refuse() {
    boolean failed = phase == Phase.FAILED;
    metrics.rejected(failed ? Outcome.ENGINE_FAILED : Outcome.DRAINING);
    return failed
        ? new Rejected(Reason.ENGINE_FAILED, "the device failed; the worker is about to end")
        : new Rejected(Reason.DRAINING, "the worker is shutting down; ask another one");
  }

  private void run() {
    try (backend) {
      loop();
      finish(Phase.STOPPED, Outcome.SHUTDOWN);
    } catch (RuntimeException | Error failure) {
      LOG.atError().setCause(failure).log("the backend failed; all requests end");
      finish(Phase.FAILED, Outcome.INTERNAL);
      onFailure.run();
    }
  }

  private void loop() {
    while (true) {
      turnSince = time.instant();
      takeInbox();
      boolean busy = batcher.turn();
      turnSince = null;
      if (phase == Phase.DRAINING && mayEnd()) {
        return;
      }
      if (!busy && inbox.isEmpty()) {
        LockSupport.park(this);
      }
    }
  }

  private boolean mayEnd() {
    boolean done = inbox.isEmpty() && batcher.isEmpty();
    return done || !time.instant().isBefore(drainUntil);
  }

  private void takeInbox() {
    for (Sequence next = inbox.poll(); next != null; next = inbox.poll()) {
      batcher.arrive(next);
    }
  }

  private void finish(Phase end, Outcome outcome) {
    phase = end;
    turnSince = null;
    takeInbox();
    batcher.endAll(outcome);
  }
}
