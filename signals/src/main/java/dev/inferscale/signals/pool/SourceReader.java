package dev.inferscale.signals.pool;

import dev.inferscale.signals.document.Section;
import dev.inferscale.signals.pool.ModelPool.Endpoints;
import dev.inferscale.signals.pool.ModelPool.Expression;
import dev.inferscale.signals.pool.ModelPool.PodSelector;
import dev.inferscale.signals.pool.ModelPool.Pods;
import dev.inferscale.signals.pool.ModelPool.SecretKey;
import dev.inferscale.signals.pool.ModelPool.Source;
import dev.inferscale.signals.pool.ModelPool.Tls;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Where metrics pages are, of a document without faults.
final class SourceReader {
  private SourceReader() {}

  /// What is wrong with endpoints that look like URLs, by the path below `spec`: what no pattern
  /// can tell of IPv6 addresses, and pages that differ only in the case of their host.
  static Map<String, String> problems(Section spec) {
    Map<String, String> problems = new LinkedHashMap<>();
    Set<URI> serving = pages(spec, "source", Set.of(), problems);
    pages(spec, "front", serving, problems);
    return problems;
  }

  /// @param taken pages that must not be there
  private static Set<URI> pages(
      Section spec, String key, Set<URI> taken, Map<String, String> problems) {
    Set<URI> seen = new TreeSet<>();
    List<String> texts = spec.section(key).texts("endpoints");
    for (int i = 0; i < texts.size(); i++) {
      String path = key + ".endpoints[" + i + "]";
      try {
        URI page = new URI(texts.get(i));
        if (!seen.add(page)) {
          problems.put(path, "is listed twice");
        } else if (taken.contains(page)) {
          problems.put(path, "is a page of source too; what waits there would count twice");
        }
      } catch (URISyntaxException e) {
        problems.put(path, "is no URL: " + e.getReason());
      }
    }
    return seen;
  }

  static Source read(Section source) {
    return source.has("pods")
        ? pods(source.section("pods"))
        : new Endpoints(source.texts("endpoints").stream().map(URI::create).toList());
  }

  private static Pods pods(Section pods) {
    return new Pods(
        selector(pods.section("selector")),
        pods.wholes("ports"),
        pods.text("scheme"),
        pods.text("path"),
        tls(pods.section("tls")),
        secretKey(pods, "bearerTokenSecretRef"));
  }

  private static PodSelector selector(Section selector) {
    return new PodSelector(
        selector.textByKey("matchLabels"),
        selector.sections("matchExpressions").stream().map(SourceReader::expression).toList());
  }

  private static Expression expression(Section expression) {
    String word = expression.text("operator");
    Expression.Operator operator =
        Arrays.stream(Expression.Operator.values())
            .filter(each -> each.word().equals(word))
            .findFirst()
            .orElseThrow();
    return new Expression(expression.text("key"), operator, expression.texts("values"));
  }

  private static Tls tls(Section tls) {
    return new Tls(secretKey(tls, "caSecretRef"), tls.flag("insecureSkipVerify"));
  }

  private static @Nullable SecretKey secretKey(Section at, String key) {
    if (!at.has(key)) {
      return null;
    }
    Section reference = at.section(key);
    return new SecretKey(reference.text("name"), reference.text("key"));
  }
}
