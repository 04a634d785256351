package dev.inferscale.adapter;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/// What this process has used so far.
///
/// @param cpuNanos of all threads
/// @param allocatedBytes on the heap, by all threads that live now
/// @param residentKilobytes now; 0 where the system does not tell
record ProcessFigures(long cpuNanos, long allocatedBytes, long residentKilobytes) {

  static ProcessFigures now() throws IOException {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    ThreadMXBean threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
    return new ProcessFigures(
        system.getProcessCpuTime(), threads.getTotalThreadAllocatedBytes(), resident());
  }

  /// Reads what [#toString] wrote.
  static ProcessFigures parse(String line) {
    String[] parts = line.split(" ", -1);
    return new ProcessFigures(
        Long.parseLong(parts[0]), Long.parseLong(parts[1]), Long.parseLong(parts[2]));
  }

  @Override
  public String toString() {
    return cpuNanos + " " + allocatedBytes + " " + residentKilobytes;
  }

  private static long resident() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .map(line -> line.replaceAll("[^0-9]", ""))
        .mapToLong(Long::parseLong)
        .findFirst()
        .orElse(0);
  }
}
