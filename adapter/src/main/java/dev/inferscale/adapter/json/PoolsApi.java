package dev.inferscale.adapter.json;

import dev.inferscale.adapter.wire.JsonPage;
import dev.inferscale.adapter.wire.Nearest;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Quoted;
import dev.inferscale.adapter.wire.Reply;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.adapter.wire.Surface;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Snapshot;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Pattern;

/// `/api/v1/pools`, `/api/v1/pools/{namespace}/{pool}`, `…/explain` and `…/signals/{signal}`. A
/// signal without a value is a good answer here: the reason is what was asked for.
public final class PoolsApi {
  private static final Set<String> PARAMETERS = Set.of("pretty");
  private static final Set<String> SIGNAL_PARAMETERS = Set.of("pretty", "quantile");
  private static final Set<String> EXPLAIN_PARAMETERS = Set.of("pretty", "signal");
  private static final Pattern FRACTION = Pattern.compile("0?\\.[0-9]{1,12}");
  private static final List<String> SIGNAL_NAMES =
      Arrays.stream(Signal.values()).map(Signal::wireName).toList();

  private PoolsApi() {}

  /// Answers one request; staleness is judged against `now`.
  public static Reply answer(Request request, Snapshot snapshot, Instant now) {
    List<String> path = request.path();
    boolean ours = path.size() >= 3 && path.subList(0, 3).equals(List.of("api", "v1", "pools"));
    if (!request.reads()) {
      return Reply.of(
          Surface.OTHER,
          fault(
              405,
              "method_not_allowed",
              "this server only reads: use GET on " + request.shownPath()));
    }
    return ours
        ? Reply.of(Surface.POOLS, pools(request, snapshot, now))
        : Reply.of(Surface.OTHER, nothingAt(request));
  }

  /// The error document of this view.
  public static Page fault(int code, String reason, String message) {
    return fault(code, reason, message, List.of());
  }

  private static Page fault(int code, String reason, String message, List<String> nearest) {
    return JsonPage.of(
        code,
        true,
        json -> {
          json.writeStartObject();
          json.writeObjectFieldStart("error");
          json.writeNumberField("code", code);
          json.writeStringField("reason", reason);
          json.writeStringField("message", message);
          json.writeArrayFieldStart("nearest");
          for (String name : nearest) {
            json.writeString(name);
          }
          json.writeEndArray();
          json.writeEndObject();
          json.writeEndObject();
        });
  }

  private static Page pools(Request request, Snapshot snapshot, Instant now) {
    boolean asksSignal = request.path().size() == 7 && request.segment(5).equals("signals");
    boolean asksWhy = request.path().size() == 6 && request.segment(5).equals("explain");
    Optional<String> queryFault =
        request
            .query()
            .fault(asksSignal ? SIGNAL_PARAMETERS : asksWhy ? EXPLAIN_PARAMETERS : PARAMETERS);
    if (queryFault.isPresent()) {
      return fault(400, "bad_request", queryFault.get());
    }
    boolean indented = request.wantsIndentation();
    if (request.path().size() == 3) {
      return JsonPage.of(200, indented, json -> PoolJson.writeAll(json, snapshot, now));
    }
    if (request.path().size() != 5 && !asksSignal && !asksWhy) {
      return nothingAt(request);
    }
    PoolId id = new PoolId(request.segment(3), request.segment(4));
    Pool pool = snapshot.pools().get(id);
    if (pool == null) {
      return unknownPool(id, snapshot);
    }
    if (asksWhy) {
      return explain(request, pool, now);
    }
    return asksSignal
        ? signal(request, pool, now)
        : JsonPage.of(200, indented, json -> PoolJson.write(json, pool, now));
  }

  /// Of one signal where `signal` names it, else of all.
  private static Page explain(Request request, Pool pool, Instant now) {
    List<Signal> asked = List.of(Signal.values());
    if (request.query().has("signal")) {
      String name = request.query().first("signal");
      Optional<Signal> signal = Signal.named(name.toLowerCase(Locale.ROOT));
      if (signal.isEmpty()) {
        return unknownSignal(name);
      }
      asked = List.of(signal.get());
    }
    List<Signal> signals = asked;
    return JsonPage.of(
        200, request.wantsIndentation(), json -> ExplainJson.write(json, pool, signals, now));
  }

  private static Page unknownSignal(String name) {
    return fault(
        404,
        "unknown_signal",
        "there is no signal " + Quoted.of(name),
        Nearest.to(name, SIGNAL_NAMES, 3));
  }

  private static Page signal(Request request, Pool pool, Instant now) {
    String name = request.segment(6);
    Optional<Signal> signal = Signal.named(name.toLowerCase(Locale.ROOT));
    if (signal.isEmpty()) {
      return unknownSignal(name);
    }
    OptionalDouble quantile = OptionalDouble.empty();
    if (request.query().has("quantile")) {
      quantile = fraction(request.query().first("quantile"));
      if (quantile.isEmpty() || !signal.get().hasQuantiles()) {
        return fault(400, "bad_request", quantileFault(signal.get()));
      }
    }
    OptionalDouble asked = quantile;
    return JsonPage.of(
        200,
        request.wantsIndentation(),
        json -> PoolJson.writeSignal(json, pool, signal.get(), asked, now));
  }

  private static OptionalDouble fraction(String text) {
    if (!FRACTION.matcher(text).matches()) {
      return OptionalDouble.empty();
    }
    double quantile = Double.parseDouble(text);
    return quantile > 0 ? OptionalDouble.of(quantile) : OptionalDouble.empty();
  }

  private static String quantileFault(Signal signal) {
    return signal.hasQuantiles()
        ? "quantile must be a decimal between 0 and 1, such as 0.95"
        : signal.wireName() + " has no quantiles; remove 'quantile'";
  }

  static Page unknownPool(PoolId id, Snapshot snapshot) {
    List<String> names = snapshot.pools().keySet().stream().map(PoolId::toString).toList();
    return fault(
        404,
        "unknown_pool",
        "there is no pool "
            + Quoted.of(id.toString())
            + "; "
            + (names.isEmpty() ? "there are none at all" : "/api/v1/pools has all " + names.size()),
        Nearest.to(id.toString(), names, 3));
  }

  private static Page nothingAt(Request request) {
    return fault(
        404,
        "not_found",
        "there is nothing at " + request.shownPath() + "; start at /api/v1/pools");
  }
}
