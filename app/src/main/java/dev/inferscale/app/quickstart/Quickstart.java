package dev.inferscale.app.quickstart;

import dev.inferscale.app.plane.KubernetesSection;
import dev.inferscale.app.plane.Plane;
import dev.inferscale.app.plane.PlaneConfig;
import dev.inferscale.launch.Program.Running;
import dev.inferscale.launch.Program.StartFault;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.PoolsFile;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Snapshot;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// One run of the first minute. [#run] is called once, by the main thread; [#close] by the thread
/// that ends the process, and ends everything that was started, in the opposite order.
final class Quickstart implements Running {
  static final String MODEL = "inferscale-demo";
  private static final PoolId POOL = new PoolId("default", "quickstart");
  private static final Duration WORKER_START = Duration.ofSeconds(60);
  private static final Duration FIRST_SIGNAL = Duration.ofSeconds(20);
  private static final Duration TICK = Duration.ofSeconds(1);

  private final Settings settings;
  private final InstantSource time;
  private final Screen screen;
  private final CountDownLatch ended = new CountDownLatch(1);

  /// What is running, last started first. Guarded by itself, since a signal may end what is still
  /// starting.
  private final Deque<AutoCloseable> running = new ArrayDeque<>();

  /// What one run needs to know.
  ///
  /// @param runFor how long to show the table, empty until Ctrl-C
  /// @param launcher the script that starts the workers
  /// @param startedAt when the command was typed, on the injected clock
  record Settings(Optional<Duration> runFor, Path launcher, String version, Instant startedAt) {}

  Quickstart(Settings settings, InstantSource time, Screen screen) {
    this.settings = settings;
    this.time = time;
    this.screen = screen;
  }

  /// Starts everything, shows it, and returns what was seen when the time is up or the process is
  /// ending.
  ///
  /// @throws StartFault when something cannot start
  Summary run() throws InterruptedException {
    try {
      WorkerLogs logs = own(WorkerLogs.create());
      try {
        Summary summary = run(logs);
        // What was ended early is not judged.
        if (ended.getCount() > 0 && !summary.faults().isEmpty()) {
          logs.keep();
        }
        return summary;
      } catch (IOException | RuntimeException e) {
        logs.keep();
        throw e;
      }
    } catch (IOException e) {
      throw new StartFault(String.valueOf(e.getMessage()), e);
    }
  }

  private Summary run(WorkerLogs logs) throws IOException, InterruptedException {
    Ports ports = Ports.choose(Ports.DEFAULT);
    announce(ports);
    List<WorkerProcess> workers =
        List.of(
            own(WorkerProcess.start(settings.launcher(), ports.firstWorker(), logs.of(1))),
            own(WorkerProcess.start(settings.launcher(), ports.secondWorker(), logs.of(2))));
    awaitReady(workers);
    Plane plane = own(Plane.start(config(ports), pools(workers), settings.version(), time));
    showAnAnswer(workers.getFirst().address());
    GentleLoad load =
        own(new GentleLoad(workers.stream().map(WorkerProcess::address).toList(), time));
    load.start();
    Optional<Duration> firstSignal = awaitFirstSignal(plane);
    Reads reads = new Reads(plane.observation(), plane.adapter(), POOL);
    screen.say("\nFrom another terminal:");
    reads.commands().forEach(command -> screen.say("  " + command));
    screen.say("");
    return watch(plane, load, reads, firstSignal);
  }

  private void announce(Ports ports) {
    screen.say(
        "inferscale quickstart: plane http://127.0.0.1:%d, adapter https://127.0.0.1:%d, workers on 127.0.0.1:%d and :%d%s"
            .formatted(
                ports.observation(),
                ports.adapter(),
                ports.firstWorker(),
                ports.secondWorker(),
                ports.equals(Ports.DEFAULT) ? "" : " (a default port was busy)"));
  }

  private static void awaitReady(List<WorkerProcess> workers)
      throws IOException, InterruptedException {
    try (HttpClient http = LoopbackHttp.trustingAnyCertificate()) {
      for (WorkerProcess worker : workers) {
        worker.awaitReady(http, WORKER_START);
      }
    }
  }

  /// A person should see words before numbers.
  private void showAnAnswer(URI worker) throws InterruptedException {
    screen.say("\nYou:    " + Questions.OPENING);
    screen.piece("Worker: ");
    try (CompletionClient client = new CompletionClient()) {
      client.ask(worker, Questions.opening(), screen::piece);
    }
    screen.say("");
  }

  /// How long it took from the command to a value that the HPA could read; empty when none comes.
  private Optional<Duration> awaitFirstSignal(Plane plane) throws InterruptedException {
    Instant giveUp = time.instant().plus(FIRST_SIGNAL);
    do {
      Instant now = time.instant();
      Pool pool = Objects.requireNonNull(plane.latest().pools().get(POOL));
      if (pool.answer(Signal.TOKENS_IN_FLIGHT, OptionalDouble.empty(), now)
          instanceof Answer.Value) {
        Duration waited = Duration.between(settings.startedAt(), now);
        screen.say("\nFirst signal after %.1f s.".formatted(waited.toMillis() / 1e3));
        return Optional.of(waited);
      }
    } while (time.instant().isBefore(giveUp) && !ended.await(20, TimeUnit.MILLISECONDS));
    return Optional.empty();
  }

  private Summary watch(Plane plane, GentleLoad load, Reads reads, Optional<Duration> firstSignal)
      throws InterruptedException {
    Map<Signal, Answer> best = new EnumMap<>(Signal.class);
    Instant from = time.instant();
    do {
      Snapshot snapshot = plane.latest();
      Instant now = time.instant();
      Summary.merge(best, Objects.requireNonNull(snapshot.pools().get(POOL)), now);
      screen.table(table(snapshot, load, now));
    } while (!isOver(from) && !ended.await(TICK.toMillis(), TimeUnit.MILLISECONDS));
    Pool pool = Objects.requireNonNull(plane.latest().pools().get(POOL));
    return new Summary(
        POOL.toString(),
        pool.engine(),
        Duration.between(settings.startedAt(), time.instant()),
        firstSignal,
        best,
        pool.exported(),
        load.totals(),
        reads.tryBoth());
  }

  private boolean isOver(Instant from) {
    return settings
        .runFor()
        .filter(limit -> Duration.between(from, time.instant()).compareTo(limit) >= 0)
        .isPresent();
  }

  private static List<String> table(Snapshot snapshot, GentleLoad load, Instant now) {
    List<String> lines = new ArrayList<>(LiveTable.lines(snapshot, now));
    GentleLoad.Totals totals = load.totals();
    lines.add(
        "load: %d asked, %d answered, %d refused, %d failed, %d tokens"
            .formatted(
                totals.asked(),
                totals.answered(),
                totals.refused(),
                totals.failed(),
                totals.tokens()));
    return lines;
  }

  private static PlaneConfig config(Ports ports) {
    // Its workers run beside it, whatever cluster it may stand in.
    return PlaneConfig.defaults()
        .onPorts(ports.observation(), ports.adapter())
        .reaching(KubernetesSection.off());
  }

  /// Read as a user's file is.
  private static List<ModelPool> pools(List<WorkerProcess> workers) {
    PoolsFile file =
        PoolsFile.parse(
            """
            apiVersion: inferscale.dev/v1alpha1
            kind: ModelPool
            metadata: {name: %s, namespace: %s}
            spec:
              model: %s
              source: {endpoints: %s}
              interval: 1s
              capacity: {usdPerReplicaHour: 0.05}
            """
                .formatted(
                    POOL.name(),
                    POOL.namespace(),
                    MODEL,
                    workers.stream().map(WorkerProcess::metrics).toList()));
    if (!file.faults().isEmpty()) {
      throw new IllegalStateException(file.faults().getFirst().sentence());
    }
    return file.pools();
  }

  /// Remembers what to end. When the end has already begun, it is ended at once.
  private <T extends AutoCloseable> T own(T started) {
    synchronized (running) {
      running.push(started);
    }
    if (ended.getCount() == 0) {
      endAll();
    }
    return started;
  }

  @Override
  public void drain(Duration limit) {
    ended.countDown();
  }

  @Override
  public void close() {
    ended.countDown();
    endAll();
  }

  private void endAll() {
    List<AutoCloseable> ending;
    synchronized (running) {
      ending = List.copyOf(running);
      running.clear();
    }
    for (AutoCloseable one : ending) {
      if (one instanceof WorkerProcess worker) {
        worker.end(); // all are told before any is waited for
      }
    }
    for (AutoCloseable one : ending) {
      try {
        one.close();
      } catch (Exception e) {
        screen.say(
            "inferscale quickstart: could not end "
                + one.getClass().getSimpleName()
                + ": "
                + e.getMessage());
      }
    }
  }
}
