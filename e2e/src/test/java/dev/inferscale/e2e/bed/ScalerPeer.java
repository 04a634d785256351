package dev.inferscale.e2e.bed;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// A server of KEDA's contract, for comparison: our plane, or the least that one can be in Go.
///
/// @param end ends it
record ScalerPeer(String name, int port, long pid, Runnable end) implements AutoCloseable {

  /// The Go program `peer` of the test bed, on grpc-go as KEDA has it, answering constants.
  static ScalerPeer go() throws IOException {
    Process process =
        new ProcessBuilder(Bed.programs("keda").resolve("peer").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    if (line == null) {
      throw new IOException("the peer has ended; it says why above");
    }
    int port = Integer.parseInt(line.replaceAll("\\D", ""));
    return new ScalerPeer("Go", port, process.pid(), process::destroyForcibly);
  }

  /// A plane that answers KEDA.
  static ScalerPeer ours(PlaneOnBed plane) {
    return new ScalerPeer("ours", plane.keda(), plane.pid(), plane::close);
  }

  @Override
  public void close() {
    end.run();
  }
}
