package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// What processes have taken of the machine.
final class Usage {
  private Usage() {}

  /// Nanoseconds of CPU since they began, all together.
  ///
  /// @throws IllegalStateException where one has ended
  static long cpuNanos(List<Long> pids) {
    return pids.stream().mapToLong(Usage::cpuNanos).sum();
  }

  private static long cpuNanos(long pid) {
    return ProcessHandle.of(pid)
        .flatMap(process -> process.info().totalCpuDuration())
        .orElseThrow(() -> new IllegalStateException("process " + pid + " has ended"))
        .toNanos();
  }

  /// Megabytes of resident memory now, all together.
  static long resident(List<Long> pids) throws IOException {
    long sum = 0;
    for (long pid : pids) {
      sum += resident(pid);
    }
    return sum;
  }

  private static long resident(long pid) throws IOException {
    return Files.readString(Path.of("/proc", String.valueOf(pid), "status"), UTF_8)
        .lines()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1_024)
        .findFirst()
        .orElseThrow();
  }
}
