package dev.inferscale.adapter.metricsapi;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.inferscale.adapter.FoldedPool;
import dev.inferscale.adapter.wire.MalformedRequest;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Reply;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.signals.snapshot.Snapshot;
import java.net.URLEncoder;
import java.time.Duration;
import java.time.Instant;

/// Asks the metrics API as a client would, without a server. Wall and monotonic clock differ by a
/// year, so that mixing them up shows.
public final class Reads {
  static final Instant WALL = Instant.parse("2027-01-02T03:04:05.900Z");
  private static final MetricsApi API = new MetricsApi("0.1.0");

  private final View view;

  private Reads(View view) {
    this.view = view;
  }

  /// A second after the fold.
  static Reads of(FoldedPool... pools) {
    return of(FoldedPool.snapshot(pools), Duration.ofSeconds(1), false);
  }

  static Reads of(Snapshot snapshot, Duration later, boolean draining) {
    return of(snapshot, later, true, draining);
  }

  static Reads of(Snapshot snapshot, Duration later, boolean synced, boolean draining) {
    Instant expires = WALL.plus(Duration.ofDays(1));
    Preparedness server = new Preparedness(synced, expires, true, draining);
    return new Reads(new View(snapshot, snapshot.at().plus(later), WALL, server));
  }

  Page metric(String namespace, String metric, String selector) {
    return get(
        "/apis/external.metrics.k8s.io/v1beta1/namespaces/%s/%s?labelSelector=%s"
            .formatted(namespace, metric, URLEncoder.encode(selector, UTF_8)));
  }

  Page get(String target) {
    return ask("GET", target, "", "").page();
  }

  Reply ask(String method, String target, String accept, String ifNoneMatch) {
    int question = target.indexOf('?');
    String path = question < 0 ? target : target.substring(0, question);
    String query = question < 0 ? "" : target.substring(question + 1);
    try {
      return API.answer(Request.parse(method, path, query, accept, "", ifNoneMatch), view);
    } catch (MalformedRequest malformed) {
      throw new IllegalArgumentException(malformed);
    }
  }

  static String text(Page page) {
    return new String(page.body(), UTF_8);
  }
}
