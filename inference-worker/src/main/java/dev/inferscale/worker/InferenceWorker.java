package dev.inferscale.worker;

import dev.inferscale.launch.Launcher;
import dev.inferscale.launch.OpsPages;
import dev.inferscale.launch.Program;
import dev.inferscale.worker.backend.Backend;
import dev.inferscale.worker.backend.cpu.CpuBackend;
import dev.inferscale.worker.backend.paced.PaceLaw;
import dev.inferscale.worker.backend.paced.PacedBackend;
import dev.inferscale.worker.engine.Engine;
import dev.inferscale.worker.engine.EngineSettings;
import dev.inferscale.worker.engine.WarmUp;
import dev.inferscale.worker.http.AddressRange;
import dev.inferscale.worker.http.ServedModel;
import dev.inferscale.worker.http.TenantRule;
import dev.inferscale.worker.http.WorkerServer;
import dev.inferscale.worker.model.ModelConfig;
import dev.inferscale.worker.model.ModelFault;
import dev.inferscale.worker.model.Tokenizer;
import dev.inferscale.worker.telemetry.Identity;
import dev.inferscale.worker.telemetry.WorkerMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The program: loads the model, starts the engine, opens the port.
public final class InferenceWorker implements Program<WorkerConfig> {
  private static final Logger LOG = LoggerFactory.getLogger(InferenceWorker.class);

  /// EX_SOFTWARE of sysexits.h: the device failed; a new process may find it working again.
  private static final int ENGINE_FAILED_STATUS = 70;

  /// Completions that may be read or written beside those in the engine.
  private static final int READING_AND_WRITING = 64;

  public static void main(String[] args) {
    Launcher.run(args, new InferenceWorker());
  }

  @Override
  public String name() {
    return "inference-worker";
  }

  @Override
  public String about() {
    return "serves a language model with continuous batching, and says how busy it is";
  }

  @Override
  public Class<WorkerConfig> config() {
    return WorkerConfig.class;
  }

  @Override
  public Duration drainLimit(WorkerConfig config) {
    return config.drainTimeout();
  }

  @Override
  public Serving start(WorkerConfig config, Host host) {
    return start(
        config,
        new Surroundings(
            host.time(),
            host.version(),
            () -> host.shutdown().exit(ENGINE_FAILED_STATUS),
            Optional.ofNullable(System.getProperty("inferscale.models")).map(Path::of)));
  }

  /// What of its process the worker needs.
  ///
  /// @param onFailure called once when the device has failed and every request was answered
  /// @param models folder of the models that come with the distribution, if there is one
  record Surroundings(
      InstantSource time, String version, Runnable onFailure, Optional<Path> models) {}

  static Serving start(WorkerConfig config, Surroundings host) {
    Path directory =
        config
            .model()
            .or(() -> host.models().map(models -> models.resolve(bundled(config.backend()))))
            .orElseThrow(
                () -> new StartFault("model is not set; give a model directory with --model"));
    try {
      ModelConfig model = ModelConfig.read(directory);
      Tokenizer tokenizer = Tokenizer.load(directory);
      Backend backend = load(config, directory);
      if (!WarmUp.run(backend, config.warmUp(), host.time())) {
        backend.close();
        throw new StartFault(
            directory + ": the model's output is no number; are its weights damaged?");
      }
      return serve(
          config,
          host,
          new Loaded(name(config, directory), model, tokenizer, paced(config, backend, host)));
    } catch (ModelFault e) {
      throw new StartFault(String.valueOf(e.getMessage()), e);
    }
  }

  /// What is served where nobody names a model.
  private static String bundled(WorkerConfig.Device backend) {
    return switch (backend) {
      case AUTO, CPU -> "demo";
      case PACED -> "tiny";
    };
  }

  /// A model in memory.
  private record Loaded(String name, ModelConfig config, Tokenizer tokenizer, Backend backend) {}

  /// A worker that listens.
  public record Serving(Engine engine, WorkerServer server) implements Running {

    /// The port that it listens on.
    public int port() {
      return server.port();
    }

    @Override
    public void drain(Duration limit) throws InterruptedException {
      engine.stop(limit);
    }

    @Override
    public void close() {
      server.close();
    }
  }

  private static Serving serve(WorkerConfig config, Surroundings host, Loaded model) {
    Backend.Capacity capacity = model.backend().capacity();
    PrometheusRegistry registry = new PrometheusRegistry();
    WorkerMetrics metrics =
        new WorkerMetrics(registry, identity(config, host, model.name(), capacity));
    if (model.backend() instanceof PacedBackend paced) {
      metrics.watchPace(paced::behind);
      LOG.atWarn().log("paced: how long steps take is made up; nothing measured here is real");
    }
    Engine engine =
        Engine.start(
            model.backend(),
            settings(config, model.config()),
            metrics,
            host.time(),
            host.onFailure());
    ServedModel served =
        new ServedModel(
            model.name(),
            model.tokenizer(),
            engine.longestSequence(),
            capacity.vocabulary(),
            capacity.device(),
            config.maxRunning() + config.maxQueue() + READING_AND_WRITING,
            host.time().instant().getEpochSecond());
    WorkerServer server = listen(config, host, served, engine, pages(config, registry, engine));
    LOG.atInfo()
        .addKeyValue("address", config.host() + ":" + server.port())
        .addKeyValue("model", model.name())
        .addKeyValue("device", capacity.device())
        .addKeyValue("kv_cache_tokens", capacity.tokens())
        .log("serving");
    return new Serving(engine, server);
  }

  private static WorkerServer listen(
      WorkerConfig config, Surroundings host, ServedModel served, Engine engine, OpsPages pages) {
    InetSocketAddress address = new InetSocketAddress(config.host(), config.port());
    TenantRule tenants =
        new TenantRule(
            config.tenants().header(),
            config.tenants().trustedPeers().stream().map(AddressRange::parse).toList());
    try {
      return WorkerServer.start(address, served, engine, tenants, pages, host.time());
    } catch (RuntimeException e) {
      if (e.getCause() instanceof IOException why) {
        throw new StartFault(
            "cannot listen on %s:%d (%s); choose another address with --host and --port"
                .formatted(config.host(), config.port(), why.getMessage()),
            e);
      }
      throw e;
    }
  }

  private static Backend load(WorkerConfig config, Path directory) {
    int most =
        config.backend() == WorkerConfig.Device.PACED
            ? 1
            : Runtime.getRuntime().availableProcessors();
    int threads = config.threads() == 0 ? most : config.threads();
    return CpuBackend.load(directory, config.kvTokens(), config.blockTokens(), threads);
  }

  private static Backend paced(WorkerConfig config, Backend computing, Surroundings host) {
    return switch (config.backend()) {
      case AUTO, CPU -> computing;
      case PACED -> new PacedBackend(computing, law(config.paced()), host.time());
    };
  }

  private static PaceLaw law(WorkerConfig.Paced paced) {
    return new PaceLaw(
        paced.step(), paced.perSequence(), paced.perResidentToken(), paced.perPrefillToken());
  }

  private static String name(WorkerConfig config, Path directory) {
    return config.servedModelName().isEmpty()
        ? directory.toAbsolutePath().normalize().getFileName().toString()
        : config.servedModelName();
  }

  private static Identity identity(
      WorkerConfig config, Surroundings host, String model, Backend.Capacity capacity) {
    return new Identity(
        model,
        config.backend() == WorkerConfig.Device.PACED ? "paced" : "cpu",
        host.version(),
        capacity.blockTokens(),
        capacity.tokens(),
        config.maxRunning(),
        config.maxQueue(),
        config.usdPerHour(),
        config.tenants().max());
  }

  private static EngineSettings settings(WorkerConfig config, ModelConfig model) {
    return new EngineSettings(
        config.maxRunning(),
        config.maxQueue(),
        config.maxBatchTokens(),
        config.queueTimeout(),
        config.requestTimeout(),
        model.endTokens());
  }

  private static OpsPages pages(WorkerConfig config, PrometheusRegistry registry, Engine engine) {
    SequencedMap<String, OpsPages.Check> live = new LinkedHashMap<>();
    live.put("engine", () -> engine.stuck(config.notLiveAfter()));
    SequencedMap<String, OpsPages.Check> ready = new LinkedHashMap<>();
    ready.put("engine", () -> engine.unready(config.notReadyAfter()));
    return new OpsPages(registry, live, ready);
  }
}
