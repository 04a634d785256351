package dev.inferscale.adapter.json;

import dev.inferscale.adapter.wire.JsonPage;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.signals.snapshot.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;

/// `POST /api/v1/demand`: the one thing that can be told to a plane. Whoever holds requests back
/// while no pod runs tells it again before the time is up, and tells 0 when there are none.
public final class DemandApi {
  /// How long a demand is believed.
  public static final Duration VALID_FOR = Duration.ofSeconds(5);

  private static final List<String> PATH = List.of("api", "v1", "demand");

  private DemandApi() {}

  /// True for a request whose body is a demand.
  public static boolean takes(Request request) {
    return request.method().equals("POST") && request.path().equals(PATH);
  }

  /// Answers one request.
  ///
  /// @param heard takes a demand in, and says whether there was room
  public static Page answer(byte[] body, Snapshot snapshot, Predicate<Demand> heard) {
    Demand demand;
    try {
      demand = Demand.read(body);
    } catch (Demand.Fault bad) {
      return PoolsApi.fault(400, "bad_demand", bad.sentence());
    }
    if (!snapshot.pools().containsKey(demand.pool())) {
      return PoolsApi.unknownPool(demand.pool(), snapshot);
    }
    if (!heard.test(demand)) {
      return PoolsApi.fault(
          503, "overloaded", "the plane is behind with its readings; tell it again in a moment");
    }
    return JsonPage.of(
        200,
        false,
        json -> {
          json.writeStartObject();
          json.writeNumberField("validForSeconds", VALID_FOR.toSeconds());
          json.writeEndObject();
        });
  }
}
