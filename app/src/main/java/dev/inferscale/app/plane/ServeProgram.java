package dev.inferscale.app.plane;

import dev.inferscale.launch.Program;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolFault;
import dev.inferscale.signals.pool.PoolsFile;
import dev.inferscale.signals.profile.Profiles;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
    return "One signal plane: measures the pools of a file and answers the HPA and curl.";
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
    return Plane.start(config, pools(config.pools()), host.version(), host.time());
  }

  /// The pools of the file. A bad pool does not keep the others from being served; a file without a
  /// good one does.
  private static List<ModelPool> pools(String file) {
    if (file.isEmpty()) {
      throw StartFault.wrongUse(
          "--pools names no file: give the YAML file with the ModelPool documents to measure");
    }
    PoolsFile read = PoolsFile.parse(text(Path.of(file)), Profiles.bundled().names());
    for (PoolFault fault : read.faults()) {
      LOG.atError().addKeyValue("file", file).log(fault.sentence());
    }
    if (read.pools().isEmpty()) {
      throw new StartFault(
          file
              + " holds no pool that can be measured"
              + (read.faults().isEmpty() ? "" : ": mend what the log says above"));
    }
    return read.pools();
  }

  private static String text(Path file) {
    try {
      if (Files.size(file) > PoolsFile.MAX_CHARACTERS) {
        throw new StartFault(
            file + " is larger than " + PoolsFile.MAX_CHARACTERS + " bytes; split it");
      }
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new StartFault("the pools file " + file + " does not exist", e);
    } catch (MalformedInputException e) {
      throw new StartFault(file + " is not UTF-8 text", e);
    } catch (IOException e) {
      throw new StartFault(
          "the pools file " + file + " cannot be read: " + e.getClass().getSimpleName(), e);
    }
  }
}
