package dev.inferscale.signals.discover;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.signals.discover.PoolSecrets.Found;
import dev.inferscale.signals.discover.PoolSecrets.Reference;
import dev.inferscale.signals.kube.ApiFault;
import dev.inferscale.signals.kube.ApiServer;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads the Secrets that pools name, and again every five seconds, later when there are very many.
/// Each is asked for by its name, since the right to `get` a few names is all that this needs; a
/// watch would need more. Keeps of a Secret only the keys that pools name.
final class Secrets implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Secrets.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ApiServer server;
  private final Runnable changed;
  private final Pace pace;
  private final Semaphore soon = new Semaphore(0);

  // Written by the telling thread, read by this one.
  private volatile Set<Reference> needed = Set.of();
  // Written by this thread, read by the telling one.
  private volatile Map<Reference, Found> known = Map.of();

  /// How often Secrets are asked for.
  ///
  /// @param round from one time to the next
  /// @param least the same when other Secrets are named
  /// @param each what one question may cost on average
  record Pace(Duration round, Duration least, Duration each) {
    /// Twenty questions a second at most.
    static final Pace USUAL =
        new Pace(Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofMillis(50));
  }

  /// One Secret.
  private record Name(String namespace, String name) {
    static Name of(Reference reference) {
      return new Name(reference.namespace(), reference.at().name());
    }
  }

  /// What came of asking for a Secret.
  ///
  /// @param data its `data`, null where there is none
  /// @param fault why there is none, null where there is
  private record Answer(@Nullable JsonNode data, @Nullable ApiFault fault) {}

  /// @param changed told when a Secret says something else than before; must not block
  Secrets(ApiServer server, Runnable changed, Pace pace) {
    this.server = server;
    this.changed = changed;
    this.pace = pace;
  }

  /// These are read from now on, and all others forgotten.
  void need(Set<Reference> references) {
    if (!references.equals(needed)) {
      needed = Set.copyOf(references);
      soon.release();
    }
  }

  /// What each of them says, as far as it has been read.
  Map<Reference, Found> known() {
    return known;
  }

  @Override
  public void run() {
    try {
      while (true) {
        Map<Reference, Found> before = known;
        Map<Reference, Found> now = round(before);
        if (!now.equals(before)) {
          tell(before, now);
          known = now;
          changed.run();
        }
        long least = Math.max(pace.least().toNanos(), pace.each().toNanos() * now.size());
        TimeUnit.NANOSECONDS.sleep(least);
        if (soon.tryAcquire(pace.round().toNanos() - least, TimeUnit.NANOSECONDS)) {
          soon.drainPermits();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Map<Reference, Found> round(Map<Reference, Found> before) throws InterruptedException {
    Map<Name, List<Reference>> bySecret = needed.stream().collect(Collectors.groupingBy(Name::of));
    Map<Reference, Found> now = new HashMap<>();
    ApiFault away = null;
    for (Map.Entry<Name, List<Reference>> secret : bySecret.entrySet()) {
      // Of a server that is away nothing more is asked in this round.
      Answer answer = away == null ? read(secret.getKey()) : new Answer(null, away);
      ApiFault fault = answer.fault();
      away = fault != null && fault.code() == ApiFault.NONE ? fault : null;
      for (Reference reference : secret.getValue()) {
        Found was = before.getOrDefault(reference, PoolSecrets.NOT_READ);
        Found is = found(reference, answer, was);
        now.put(reference, is.equals(was) ? was : is);
      }
    }
    return Map.copyOf(now);
  }

  private Answer read(Name secret) throws InterruptedException {
    // From the API server's memory: no question of ours goes on to its database.
    String path =
        "/api/v1/namespaces/"
            + secret.namespace()
            + "/secrets/"
            + secret.name()
            + "?resourceVersion=0";
    try {
      return new Answer(JSON.readTree(server.get(path)).path("data"), null);
    } catch (ApiFault e) {
      return new Answer(null, e);
    } catch (IOException e) {
      return new Answer(null, new ApiFault(ApiFault.NONE, "the API server's Secret is no JSON"));
    }
  }

  /// While the API server does not answer, what was read last stays.
  private static Found found(Reference reference, Answer answer, Found before) {
    JsonNode data = answer.data();
    if (data != null) {
      return reference.in(data.path(reference.at().key()));
    }
    ApiFault fault = answer.fault();
    int code = fault == null ? ApiFault.NONE : fault.code();
    return switch (code) {
      case 403 -> reference.forbidden();
      case 404 -> reference.missing();
      default -> before instanceof Found.Nothing ? reference.unread(fault) : before;
    };
  }

  /// Names only what changed, never a value.
  private static void tell(Map<Reference, Found> before, Map<Reference, Found> now) {
    now.forEach((reference, is) -> {
      if (is.equals(before.get(reference))) {
        return;
      }
      if (is instanceof Found.Nothing(var gap)) {
        LOG.atWarn().addKeyValue("fault", gap.sentence()).log("a pool lacks its credentials");
      } else {
        LOG.atInfo()
            .addKeyValue("secret", reference.namespace() + "/" + reference.at().name())
            .addKeyValue("key", reference.at().key())
            .log("read credentials of a pool");
      }
    });
  }
}
