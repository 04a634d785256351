package dev.inferscale.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.app.hpa.Hpa;
import dev.inferscale.app.hpa.Hpa.Metric;
import dev.inferscale.signals.profile.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What stands behind a metric of an HPA: what a plane says that each of its pool's pods said.
final class HpaSamples {
  private static final Pattern POOL = Pattern.compile("(?:^|,)pool=([^,]+)");
  private static final String OBJECT = "ModelPool/";

  private final PlaneClient plane;

  HpaSamples(PlaneClient plane) {
    this.plane = plane;
  }

  /// One line for each pod, and the fold; none where the metric is not ours or its pool not known.
  List<String> notes(Hpa hpa, Metric metric) throws CommandFault, InterruptedException {
    Optional<Signal> signal = Signal.named(metric.name().toLowerCase(Locale.ROOT));
    Optional<PoolName> pool = signal.isEmpty() ? Optional.empty() : pool(hpa, metric);
    if (pool.isEmpty()) {
      return List.of();
    }
    JsonNode answer =
        plane
            .explain(pool.get(), signal.get().wireName())
            .path("signals")
            .path(signal.get().wireName());
    List<String> notes = new ArrayList<>();
    notes.add(
        "pool "
            + pool.get()
            + ", fold: "
            + answer.path("fold").asText()
            + (answer.has("quantity") ? " = " + answer.path("quantity").asText() : "")
            + (answer.path("note").asText("").isEmpty()
                ? ""
                : "; " + answer.path("note").asText()));
    PoolExplanation.samples(answer).forEach(sample -> notes.add("  " + sample));
    return notes;
  }

  /// The pool that the selector or the object names, else the one that scales the same.
  private Optional<PoolName> pool(Hpa hpa, Metric metric)
      throws CommandFault, InterruptedException {
    Matcher named = POOL.matcher(metric.selector());
    if (metric.source() == Hpa.Source.EXTERNAL && named.find()) {
      return Optional.of(new PoolName(hpa.namespace(), named.group(1)));
    }
    if (metric.object().startsWith(OBJECT)) {
      return Optional.of(new PoolName(hpa.namespace(), metric.object().substring(OBJECT.length())));
    }
    for (JsonNode pool : plane.pools().path("pools")) {
      JsonNode target = pool.path("spec").path("scaleTargetRef");
      boolean same =
          target.path("kind").asText().equals(hpa.target().kind())
              && target.path("name").asText().equals(hpa.target().name());
      if (same && pool.path("namespace").asText().equals(hpa.namespace())) {
        return Optional.of(new PoolName(hpa.namespace(), pool.path("pool").asText()));
      }
    }
    return Optional.empty();
  }
}
