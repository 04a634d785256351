package dev.inferscale.adapter.metricsapi;

import dev.inferscale.adapter.metricsapi.CustomPath.OfNamespace;
import dev.inferscale.adapter.metricsapi.CustomPath.OfObject;
import dev.inferscale.adapter.metricsapi.Finding.Refusal;
import dev.inferscale.adapter.metricsapi.encoding.MetricValues.ObjectReference;
import dev.inferscale.adapter.metricsapi.encoding.MetricsVersion;
import dev.inferscale.adapter.metricsapi.selector.BadSelector;
import dev.inferscale.adapter.metricsapi.selector.LabelSelector;
import dev.inferscale.adapter.metricsapi.selector.SelectorDocument;
import dev.inferscale.adapter.wire.Quoted;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.signals.pool.ScaledObject;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Pool;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Reads of `custom.metrics.k8s.io`, the same values in both versions: of pods, each for itself; of
/// a pool, as the ModelPool or as what its autoscaler scales; and of a namespace that has one pool.
///
/// `metricLabelSelector` selects pools by the labels that external metrics have, and holds the
/// `quantile`; `labelSelector` selects objects by their own labels. An object's value comes from
/// exactly one pool, since the HPA takes exactly one.
final class CustomMetrics {
  private static final String MODEL_POOLS = "modelpools.inferscale.dev";
  private static final Set<String> POOL_NAMES =
      Set.of(MODEL_POOLS, "modelpool.inferscale.dev", "modelpools", "modelpool");
  private static final Set<String> POD_NAMES = Set.of("pods", "pod");

  private CustomMetrics() {}

  /// Answers a read below `/apis/custom.metrics.k8s.io/{version}/`.
  static Finding answer(Request request, MetricsVersion version, View view) {
    List<String> segments = request.path().subList(3, request.path().size());
    return switch (CustomPath.of(segments, request.shownPath())) {
      case CustomPath.Nowhere(Refusal refusal) -> refusal;
      case OfObject path -> answer(request, version, view, path.namespace(), path.metric(), path);
      case OfNamespace path ->
          answer(request, version, view, path.namespace(), path.metric(), null);
    };
  }

  /// @param path null for the namespace itself
  private static Finding answer(
      Request request,
      MetricsVersion version,
      View view,
      String namespace,
      String metric,
      @Nullable OfObject path) {
    String resource = path == null ? "namespaces" : path.resource();
    Optional<Refusal> fault = MetricQuery.fault(request.query(), version, resource);
    if (fault.isPresent()) {
      return fault.get();
    }
    Optional<Signal> signal = MetricQuery.signal(metric);
    if (signal.isEmpty()) {
      return MetricQuery.unknown(metric, version);
    }
    NamespacePools there = NamespacePools.of(namespace, view.snapshot());
    String text = request.query().first("metricLabelSelector");
    try {
      Selection selection = Selection.parse(signal.get(), text);
      SelectorDocument echo = echo(text);
      List<Pool> pools = there.matching(selection.pools());
      if (pools.isEmpty()) {
        return there.noMatch(text);
      }
      CustomRead read = new CustomRead(version, signal.get(), selection.quantile(), echo, view);
      return path == null
          ? read.object(new ObjectReference("Namespace", "", namespace, "/v1"), pools)
          : read(read, path, pools, request.query().first("labelSelector"));
    } catch (BadSelector bad) {
      return there.explain(bad);
    }
  }

  private static @Nullable SelectorDocument echo(String text) throws BadSelector {
    return text.isBlank() ? null : SelectorDocument.of(LabelSelector.parse(text));
  }

  private static Finding read(CustomRead read, OfObject path, List<Pool> pools, String text)
      throws BadSelector {
    if (POD_NAMES.contains(path.resource())) {
      // The labels of an object that is named are no matter, as with Kubernetes' own adapters.
      return path.all()
          ? read.pods(pools, path.namespace(), LabelSelector.parse(text), text)
          : read.pod(pools, path.namespace(), path.name());
    }
    if (POOL_NAMES.contains(path.resource())) {
      return modelPools(read, path, pools, text);
    }
    List<Pool> scaled =
        pools.stream().filter(pool -> isOf(pool.scaledObject(), path.resource())).toList();
    return scaled.isEmpty() ? noSuchResource(path, pools) : scaled(read, path, scaled, text);
  }

  private static Finding modelPools(CustomRead read, OfObject path, List<Pool> pools, String text)
      throws BadSelector {
    if (!path.all()) {
      return pools.stream()
          .filter(pool -> pool.id().name().equals(path.name()))
          .findFirst()
          .map(pool -> read.object(reference(pool), List.of(pool)))
          .orElseGet(() -> noSuchName(path, pools, pool -> pool.id().name()));
    }
    NamespacePools among = new NamespacePools(path.namespace(), pools);
    List<Pool> selected = among.matching(LabelSelector.parse(text));
    return selected.isEmpty()
        ? among.noMatch(text)
        : read.objects(selected, CustomMetrics::reference);
  }

  /// @param pools whose autoscaler scales an object of that resource
  private static Finding scaled(CustomRead read, OfObject path, List<Pool> pools, String text) {
    if (!path.all()) {
      List<Pool> named =
          pools.stream().filter(pool -> scaledName(pool).equals(path.name())).toList();
      return named.isEmpty()
          ? noSuchName(path, pools, CustomMetrics::scaledName)
          : read.object(scaledReference(named.getFirst()), named);
    }
    if (!text.isBlank()) {
      return new Refusal(
          Status.BAD_REQUEST,
          "the labels of "
              + Quoted.of(path.resource())
              + " are not known here; name the object, or leave labelSelector out");
    }
    TreeMap<String, List<Pool>> byName = new TreeMap<>();
    pools.forEach(
        pool -> byName.computeIfAbsent(scaledName(pool), _ -> new ArrayList<>()).add(pool));
    for (List<Pool> sharing : byName.values()) {
      if (sharing.size() > 1) {
        return read.object(scaledReference(sharing.getFirst()), sharing);
      }
    }
    return read.objects(pools, CustomMetrics::scaledReference);
  }

  private static boolean isOf(@Nullable ScaledObject scaled, String resource) {
    if (scaled == null) {
      return false;
    }
    String suffix = scaled.group().isEmpty() ? "" : "." + scaled.group();
    return resource.equals(scaled.qualified())
        || resource.equals(scaled.singular() + suffix)
        || resource.equals(scaled.resource())
        || resource.equals(scaled.singular());
  }

  private static String scaledName(Pool pool) {
    return Objects.requireNonNull(pool.scaledObject()).target().name();
  }

  private static ObjectReference scaledReference(Pool pool) {
    var target = Objects.requireNonNull(pool.scaledObject()).target();
    return new ObjectReference(
        target.kind(), pool.id().namespace(), target.name(), target.apiVersion());
  }

  private static ObjectReference reference(Pool pool) {
    return new ObjectReference(
        "ModelPool", pool.id().namespace(), pool.id().name(), "inferscale.dev/v1alpha1");
  }

  private static Refusal noSuchResource(OfObject path, List<Pool> pools) {
    Set<String> known = new TreeSet<>(Set.of("pods", MODEL_POOLS));
    pools.forEach(pool -> {
      ScaledObject scaled = pool.scaledObject();
      if (scaled != null) {
        known.add(scaled.qualified());
      }
    });
    return new Refusal(
        Status.NOT_FOUND,
        "no metric here describes "
            + Quoted.of(path.resource())
            + "; there are metrics of "
            + known.stream().limit(6).collect(Collectors.joining(", ")));
  }

  private static Refusal noSuchName(
      OfObject path, List<Pool> pools, Function<Pool, String> nameOf) {
    String known =
        pools.stream().map(nameOf).distinct().sorted().limit(6).collect(Collectors.joining(", "));
    return new Refusal(
        Status.NOT_FOUND,
        "unknown_pool: no pool of namespace "
            + Quoted.of(path.namespace())
            + " measures "
            + Quoted.of(path.resource() + "/" + path.name())
            + "; there are: "
            + known);
  }
}
