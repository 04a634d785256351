package dev.inferscale.app.plane;

import dev.inferscale.launch.Program;
import dev.inferscale.signals.EnginePages;
import dev.inferscale.signals.discover.Discovery;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.profile.Profiles;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `inferscale serve`: one signal plane.
public final class ServeProgram implements Program<PlaneConfig> {
  private static final Logger LOG = LoggerFactory.getLogger(ServeProgram.class);

  @Override
  public String name() {
    return "inferscale serve";
  }

  @Override
  public String about() {
    return "One signal plane: measures pools of files and of a cluster and answers the HPA and curl.";
  }

  @Override
  public Class<PlaneConfig> config() {
    return PlaneConfig.class;
  }

  @Override
  public Duration drainLimit(PlaneConfig config) {
    return config.drainTimeout();
  }

  @Override
  public Plane start(PlaneConfig config, Host host) {
    EnginePages pages = new EnginePages(Profiles.bundled(), Limits.DEFAULTS);
    Discovery discovery = Plane.discovery(config, pages, host.time());
    LiveFiles files =
        new LiveFiles(config.pools(), config.profiles(), pages, discovery, ServeProgram::log);
    boolean alone = discovery.watches().isEmpty();
    if (alone && config.pools().isEmpty()) {
      throw StartFault.wrongUse(
          "--pools names no file: give the YAML file with the ModelPool documents to measure, or"
              + " --kubernetes.kubeconfig to find them in a cluster");
    }
    files.look();
    if (alone && discovery.now().isEmpty()) {
      throw new StartFault(nothing(config.pools(), files));
    }
    return Plane.start(config, pages, discovery, files::look, host.version(), host.time());
  }

  private static void log(String file, String problem) {
    LOG.atError().addKeyValue("file", file).log(problem);
  }

  /// A bad pool does not keep the others from being served; nothing to serve does.
  private static String nothing(String pools, LiveFiles files) {
    String problem = files.unreadable().get(pools);
    return problem != null
        ? "the pools file " + pools + " " + problem
        : pools
            + " holds no pool that can be measured"
            + (files.complains() ? ": mend what the log says above" : "");
  }
}
