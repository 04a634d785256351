package dev.inferscale.e2e;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static dev.inferscale.e2e.OurCode.CODE;
import static dev.inferscale.e2e.OurCode.OURS;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Which code is pure, and that it is.
final class PurityTest {
  /// Code that knows no clock, thread, file, socket, logger or chance: packages, and single
  /// classes.
  private static final Set<String> PURE =
      Set.of(
          "signals.document",
          "signals.exposition",
          "signals.profile",
          "signals.window",
          "signals.snapshot",
          "adapter.metricsapi",
          "adapter.metricsapi.selector",
          "adapter.metricsapi.encoding",
          "adapter.metricsapi.discovery",
          "keda.answer",
          "keda.trigger",
          "app.hpa",
          "app.table",
          "app.act.Assessment",
          "app.act.StatusPace",
          "app.act.StatusText",
          "app.act.outbox.Election",
          "app.act.certificate.ServingSecret",
          "app.act.EventLedger",
          "app.apis.Dependents",
          "app.apis.KedaOperator",
          "app.apis.Registered",
          "app.apis.Stance",
          "app.scaledobject.ScaledDocument",
          "app.scaledobject.ScaledFindings",
          "app.act.Happening",
          "worker.backend.paced.PaceLaw",
          "worker.backend.paced.StepWork",
          "worker.engine.Scheduler",
          "worker.engine.BlockPool");

  /// Classes that start threads, open files or sockets, or draw from the machine.
  private static final Set<String> OUTSIDE =
      Set.of(
          "java.io.File",
          "java.io.FileInputStream",
          "java.io.FileOutputStream",
          "java.io.FileReader",
          "java.io.FileWriter",
          "java.io.RandomAccessFile",
          "java.lang.Process",
          "java.lang.ProcessBuilder",
          "java.lang.Thread",
          "java.net.DatagramSocket",
          "java.net.InetAddress",
          "java.net.ServerSocket",
          "java.net.Socket",
          "java.net.URL",
          "java.net.URLConnection",
          "java.security.SecureRandom",
          "java.util.Timer",
          "java.util.concurrent.CompletableFuture",
          "java.util.concurrent.ExecutorService",
          "java.util.concurrent.Executors",
          "java.util.concurrent.ForkJoinPool",
          "java.util.concurrent.ThreadLocalRandom");

  @Test
  void pureCodeReadsNoClockAndDrawsNoChance() {
    noClasses()
        .that(arePure())
        .should()
        .accessTargetWhere(
            describe(
                "is a clock, chance, the environment or a standard stream", PurityTest::isImpure))
        .check(CODE);
  }

  @Test
  void pureCodeTouchesNothingOutside() {
    noClasses()
        .that(arePure())
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                    "java.net.http..",
                    "java.nio.file..",
                    "java.nio.channels..",
                    "java.util.logging..",
                    "org.slf4j..")
                .or(
                    describe(
                        "start threads, open files or sockets",
                        target -> OUTSIDE.contains(target.getName()))))
        .check(CODE);
  }

  @Test
  void everyRuleNamesCodeThatExists() {
    assertThat(OurCode.unknown(PURE.stream())).as("named as pure but without a class").isEmpty();
  }

  /// Calls, method references and fields alike.
  private static boolean isImpure(JavaAccess<?> access) {
    String member = access.getTargetOwner().getName() + "." + access.getName();
    int arguments =
        access.getTarget() instanceof CodeUnitAccessTarget code
            ? code.getRawParameterTypes().size()
            : 0;
    return switch (member) {
      case "java.lang.System.nanoTime",
          "java.lang.System.currentTimeMillis",
          "java.lang.System.out",
          "java.lang.System.err",
          "java.lang.System.in",
          "java.lang.System.getenv",
          "java.time.InstantSource.system",
          "java.lang.Math.random",
          "java.util.UUID.randomUUID",
          "java.util.random.RandomGenerator.getDefault" ->
          true;
      case "java.util.Random.<init>", "java.util.SplittableRandom.<init>" -> arguments == 0;
      case "java.util.Collections.shuffle" -> arguments == 1;
      default ->
          member.startsWith("java.time.Clock.system")
              || (member.startsWith("java.time.") && member.endsWith(".now") && arguments == 0);
    };
  }

  private static DescribedPredicate<JavaClass> arePure() {
    return describe(
        "are pure",
        type ->
            PURE.contains(OurCode.packageOf(type))
                || PURE.stream()
                    .map(pure -> OURS + pure)
                    .anyMatch(pure ->
                        type.getName().equals(pure) || type.getName().startsWith(pure + "$")));
  }
}
