package dev.inferscale.adapter.metricsapi;

import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Query;
import dev.inferscale.adapter.wire.Quoted;
import java.time.Duration;
import java.util.List;

/// Answers probes as Kubernetes' servers do. Live: the fold still runs. Ready: there is a fresh
/// picture, the pools of now have been asked once, a certificate that is valid, what it takes to
/// know callers, and no intention to stop. What pods answer is no matter of either: restarting this
/// server would not mend them.
final class Health {
  /// Folds happen every second; beyond this, or where a pool's readings are stale before, nobody
  /// should be sent here.
  static final Duration READY_WITHIN = Duration.ofSeconds(10);

  /// Beyond this the fold thread is taken for dead, and only a restart brings it back.
  static final Duration LIVE_WITHIN = Duration.ofSeconds(60);

  private record Check(String name, boolean passes) {}

  private Health() {}

  /// @param probe `healthz`, `livez` or `readyz`
  /// @param only the one check asked for, empty for all
  static Page answer(String probe, String only, Query query, View view) {
    List<Check> checks = probe.equals("readyz") ? readiness(view) : liveness(view);
    if (only.isEmpty()) {
      return whole(probe, checks, query);
    }
    return checks.stream()
        .filter(check -> check.name.equals(only))
        .findFirst()
        .map(check -> check.passes ? Page.text(200, "ok") : Page.text(500, failed(check.name)))
        .orElseGet(
            () -> Page.text(404, "there is no check " + Quoted.of(only) + " in " + probe + "\n"));
  }

  private static List<Check> liveness(View view) {
    return List.of(
        new Check("ping", true), new Check("fold", view.age().compareTo(LIVE_WITHIN) <= 0));
  }

  private static List<Check> readiness(View view) {
    boolean folded = view.snapshot().sequence() > 0;
    Preparedness server = view.server();
    return List.of(
        new Check("ping", true),
        new Check(
            "snapshot",
            folded && view.age().compareTo(view.snapshot().staleAfter(READY_WITHIN)) <= 0),
        new Check("pool-sync", server.synced()),
        new Check("certificate", view.wall().isBefore(server.certificateExpires())),
        new Check("callers", server.knowsCallers()),
        new Check("draining", !server.draining()));
  }

  private static Page whole(String probe, List<Check> checks, Query query) {
    List<String> excluded = query.all("exclude");
    boolean passes =
        checks.stream().allMatch(check -> check.passes || excluded.contains(check.name));
    if (passes && !query.has("verbose")) {
      return Page.text(200, "ok");
    }
    StringBuilder lines = new StringBuilder();
    for (Check check : checks) {
      if (excluded.contains(check.name)) {
        lines.append("[+]").append(check.name).append(" excluded: ok\n");
      } else {
        lines.append(check.passes ? "[+]" + check.name + " ok\n" : failed(check.name));
      }
    }
    lines.append(probe).append(passes ? " check passed\n" : " check failed\n");
    return Page.text(passes ? 200 : 500, lines.toString());
  }

  /// Probes are open to everyone, so they name the check and nothing else.
  private static String failed(String check) {
    return "[-]" + check + " failed: reason withheld\n";
  }
}
