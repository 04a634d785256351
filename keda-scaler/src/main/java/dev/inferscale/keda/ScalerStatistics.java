package dev.inferscale.keda;

import java.time.Duration;
import java.util.List;

/// What the external scaler has done since it started.
///
/// @param calls by RPC and code; every RPC's OK is listed, also where it never happened
/// @param streams of activity that are open now
/// @param specStreams of specs that are open now
/// @param words said to streams
/// @param faults of ours in writing to one
public record ScalerStatistics(
    List<Row> calls, int streams, int specStreams, long words, long faults) {
  public ScalerStatistics {
    calls = List.copyOf(calls);
  }

  /// Those of a server that does not listen: every RPC is listed.
  public static ScalerStatistics none() {
    return new ScalerStatistics(new Calls().rows(), 0, 0, 0, 0);
  }

  /// Calls that ended alike.
  ///
  /// @param rpc such as `GetMetrics`
  /// @param code of gRPC, such as `OK`
  /// @param time from first byte to last, together
  public record Row(String rpc, String code, long count, Duration time) {}
}
