package dev.inferscale.e2e;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static dev.inferscale.e2e.OurCode.CODE;
import static dev.inferscale.e2e.OurCode.OURS;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Which package may use which, of ours and of the libraries. A package that is not in [#MAY_USE]
/// fails until somebody has decided where it belongs.
final class ArchitectureTest {
  /// Of our packages, those that each may use; all names without [OurCode#OURS].
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          entry("launch", Set.of()),
          entry("signals.document", Set.of()),
          entry("signals.pool", Set.of("signals.document")),
          entry("signals.exposition", Set.of("signals.pool")),
          entry(
              "signals.profile", Set.of("signals.document", "signals.pool", "signals.exposition")),
          entry("signals.window", Set.of("signals.pool", "signals.exposition", "signals.profile")),
          entry(
              "signals.snapshot",
              Set.of("signals.pool", "signals.exposition", "signals.profile", "signals.window")),
          entry("signals.scrape", measuring()),
          entry("signals.kube", Set.of()),
          entry("signals.discover", plus(measuring(), "signals.kube")),
          entry("signals", plus(measuring(), "signals.scrape", "signals.discover", "signals.kube")),
          entry("adapter.wire", Set.of("signals.document")),
          entry("adapter.metricsapi.selector", Set.of("adapter.wire")),
          entry(
              "adapter.metricsapi.encoding",
              plus(answering(), "adapter.wire", "adapter.metricsapi.selector")),
          entry(
              "adapter.metricsapi.discovery",
              plus(answering(), "adapter.wire", "adapter.metricsapi.encoding")),
          entry(
              "adapter.metricsapi",
              plus(
                  answering(),
                  "adapter.wire",
                  "adapter.metricsapi.selector",
                  "adapter.metricsapi.encoding",
                  "adapter.metricsapi.discovery")),
          entry(
              "adapter.json",
              plus(answering(), "adapter.wire", "adapter.metricsapi.encoding", "signals.document")),
          entry("adapter.tally", Set.of("adapter.wire")),
          entry("adapter.certificate", Set.of()),
          entry(
              "adapter.auth",
              Set.of("adapter.certificate", "adapter.tally", "adapter.wire", "signals.kube")),
          entry(
              "adapter",
              plus(
                  answering(),
                  "signals",
                  "adapter.certificate",
                  "adapter.tally",
                  "adapter.wire",
                  "adapter.metricsapi",
                  "adapter.metricsapi.encoding",
                  "adapter.json",
                  "adapter.auth")),
          entry("keda.wire", Set.of()),
          entry("keda.trigger", Set.of("signals.document", "signals.pool", "signals.profile")),
          entry(
              "keda.answer",
              Set.of("keda.trigger", "signals.pool", "signals.profile", "signals.snapshot")),
          entry("keda.push", plus(answering(), "keda.answer", "keda.trigger")),
          entry(
              "keda",
              plus(
                  answering(),
                  "signals.document",
                  "keda.answer",
                  "keda.push",
                  "keda.trigger",
                  "keda.wire")),
          entry("app.act.outbox", Set.of("signals.kube")),
          entry("app.apis", Set.of("launch", "signals.kube")),
          entry(
              "app.scaledobject",
              plus(
                  answering(),
                  "keda.trigger",
                  "signals.discover",
                  "signals.document",
                  "signals.kube")),
          entry(
              "app.act.certificate",
              Set.of("adapter.certificate", "app.act.outbox", "app.apis", "launch")),
          entry(
              "app.act",
              plus(
                  measuring(),
                  "adapter.certificate",
                  "app.act.certificate",
                  "app.act.outbox",
                  "app.apis",
                  "launch",
                  "signals.discover",
                  "signals.kube")),
          entry(
              "app.plane",
              plus(
                  measuring(),
                  "app.act",
                  "app.act.certificate",
                  "app.apis",
                  "app.scaledobject",
                  "launch",
                  "signals",
                  "signals.discover",
                  "signals.kube",
                  "signals.scrape",
                  "adapter",
                  "adapter.auth",
                  "adapter.certificate",
                  "adapter.tally",
                  "adapter.json",
                  "adapter.wire",
                  "keda")),
          entry("app.table", Set.of("signals.profile")),
          entry("app.quickstart", plus(answering(), "launch", "app.plane", "app.table")),
          entry("app.read", plus(measuring(), "signals", "signals.scrape")),
          entry("app.hpa", plus(measuring(), "adapter.metricsapi.encoding")),
          entry(
              "app.operate",
              plus(
                  measuring(),
                  "signals.discover",
                  "signals.kube",
                  "adapter.metricsapi.encoding",
                  "app.apis",
                  "app.hpa",
                  "app.scaledobject",
                  "app.table",
                  "keda.trigger")),
          entry("app", Set.of("launch", "app.plane", "app.quickstart", "app.read", "app.operate")),
          entry("worker.model", Set.of()),
          entry("worker.telemetry", Set.of()),
          entry("worker.backend", Set.of()),
          entry("worker.backend.cpu", Set.of("worker.backend", "worker.model")),
          entry("worker.backend.paced", Set.of("worker.backend")),
          entry("worker.engine", Set.of("worker.backend", "worker.telemetry")),
          entry(
              "worker.http",
              Set.of(
                  "launch", "worker.backend", "worker.engine", "worker.model", "worker.telemetry")),
          entry(
              "worker",
              Set.of(
                  "launch",
                  "worker.backend",
                  "worker.backend.cpu",
                  "worker.backend.paced",
                  "worker.engine",
                  "worker.http",
                  "worker.model",
                  "worker.telemetry")));

  /// Libraries that only these packages may use.
  private static final Map<String, Set<String>> LIBRARY_USERS =
      Map.of(
          "picocli", Set.of("app", "app.quickstart", "app.read", "app.operate"),
          "io.undertow", Set.of("adapter", "worker.http", "worker"),
          "jdk.incubator.vector", Set.of("worker.backend", "worker.backend.cpu"),
          "io.fabric8", Set.of("signals.kube"),
          "io.grpc", Set.of("keda", "keda.wire"),
          "com.google.protobuf", Set.of("keda.wire"),
          "com.github.benmanes.caffeine", Set.of("adapter.auth", "adapter.certificate"),
          "java.net.http", Set.of("signals.scrape", "app.quickstart", "app.read", "app.operate"),
          "ch.qos.logback", Set.of("launch"));

  @Test
  void dependenciesOfPackagesPointOneWay() {
    Set<String> wrong = new TreeSet<>();
    for (JavaClass user : CODE) {
      Set<String> allowed = MAY_USE.get(OurCode.packageOf(user));
      if (allowed == null) {
        wrong.add(OurCode.packageOf(user) + " is a new package: say in MAY_USE what it may use");
        continue;
      }
      user.getDirectDependenciesFromSelf().stream()
          .map(dependency -> dependency.getTargetClass().getBaseComponentType())
          .filter(target -> target.getPackageName().startsWith(OURS))
          .filter(target ->
              !OurCode.packageOf(target).equals(OurCode.packageOf(user))
                  && !allowed.contains(OurCode.packageOf(target)))
          .forEach(target -> wrong.add(user.getName() + " must not use " + target.getName()));
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("dev.inferscale.(**)").should().beFreeOfCycles().check(CODE);
  }

  @Test
  void theAdapterKnowsOnlySignalOfTheProfiles() {
    noClasses()
        .that()
        .resideInAPackage(OURS + "adapter..")
        .should()
        .dependOnClassesThat(
            describe(
                "are in signals.profile but are not Signal",
                target ->
                    target.getPackageName().equals(OURS + "signals.profile")
                        && !target.getName().startsWith(OURS + "signals.profile.Signal")))
        .check(CODE);
  }

  @Test
  void librariesAreUsedOnlyWhereTheyBelong() {
    LIBRARY_USERS.forEach((library, users) ->
        noClasses()
            .that()
            .resideOutsideOfPackages(users.stream().map(user -> OURS + user).toArray(String[]::new))
            .should()
            .dependOnClassesThat()
            .resideInAPackage(library + "..")
            .because("only " + users + " may use " + library)
            .check(CODE));
  }

  @Test
  void noPackageIsACupboard() {
    noClasses()
        .should()
        .resideInAnyPackage(
            Stream.of(
                    "base", "common", "core", "helper", "helpers", "impl", "manager", "misc",
                    "shared", "util", "utils")
                .map(word -> ".." + word + "..")
                .toArray(String[]::new))
        .check(CODE);
  }

  @Test
  void everyRuleNamesPackagesThatExist() {
    Stream<String> named =
        Stream.of(
                MAY_USE.keySet().stream(),
                MAY_USE.values().stream().flatMap(Set::stream),
                LIBRARY_USERS.values().stream().flatMap(Set::stream))
            .flatMap(names -> names);

    assertThat(OurCode.unknown(named)).as("named in a rule but without a class").isEmpty();
  }

  private static Set<String> measuring() {
    return Set.of(
        "signals.pool",
        "signals.exposition",
        "signals.profile",
        "signals.window",
        "signals.snapshot");
  }

  private static Set<String> answering() {
    return Set.of("signals.pool", "signals.profile", "signals.snapshot");
  }

  private static Set<String> plus(Set<String> names, String... more) {
    return Stream.concat(names.stream(), Stream.of(more)).collect(Collectors.toUnmodifiableSet());
  }
}
