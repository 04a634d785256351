package dev.inferscale.signals.pool;

import dev.inferscale.signals.pool.ModelPool.Endpoints;
import dev.inferscale.signals.pool.ModelPool.Expression;
import dev.inferscale.signals.pool.ModelPool.PodSelector;
import dev.inferscale.signals.pool.ModelPool.Pods;
import dev.inferscale.signals.pool.ModelPool.SecretKey;
import dev.inferscale.signals.pool.ModelPool.Source;
import dev.inferscale.signals.pool.ModelPool.Tls;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads where a pool's metrics pages are.
final class SourceReader {
  private static final int MAX_ENDPOINTS = 1000;
  private static final int MAX_PORTS = 16;
  private static final int MAX_REQUIREMENTS = 32;
  private static final int MAX_VALUES = 64;
  private static final int MAX_PATH = 256;

  /// A label's name with its optional domain, and a label's value: Kubernetes' rules.
  private static final Pattern LABEL_KEY =
      Pattern.compile(
          "([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?");

  private static final Pattern LABEL_VALUE =
      Pattern.compile("([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?");
  private static final Pattern SECRET_NAME =
      Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");
  private static final Pattern SECRET_KEY = Pattern.compile("[-._a-zA-Z0-9]{1,253}");
  private static final Pattern PATH = Pattern.compile("/[!-~&&[^#?\"<>\\\\^`{|}]]*");

  private SourceReader() {}

  /// Where the document is at fault, something that is never used.
  static Source read(Section source) {
    for (String other : List.of("inferencePool", "prometheus")) {
      if (source.has(other)) {
        source.fault(other, "is not served by this version, which reads pods and endpoints");
      }
    }
    boolean pods = source.has("pods");
    boolean endpoints = source.has("endpoints");
    if (pods && endpoints) {
      source.fault("endpoints", "cannot stand beside pods: a pool has one source");
    } else if (!pods && !endpoints) {
      source.fault(
          "endpoints",
          "is missing; list metrics pages, such as http://127.0.0.1:8000/metrics, or select pods");
    }
    Source read = pods ? pods(source.section("pods")) : endpoints(source);
    source.end();
    return read;
  }

  private static Endpoints endpoints(Section source) {
    List<String> texts = source.texts("endpoints", MAX_ENDPOINTS);
    if (texts.isEmpty() && source.emptyList("endpoints")) {
      source.fault(
          "endpoints", "is empty; list metrics pages, such as http://127.0.0.1:8000/metrics");
    }
    List<URI> endpoints = new ArrayList<>();
    Set<URI> seen = new TreeSet<>();
    for (int i = 0; i < texts.size(); i++) {
      URI uri = endpoint(source, "endpoints[" + i + "]", texts.get(i));
      if (uri != null && !seen.add(uri)) {
        source.fault("endpoints[" + i + "]", "is listed twice");
      } else if (uri != null) {
        endpoints.add(uri);
      }
    }
    return new Endpoints(endpoints);
  }

  private static @Nullable URI endpoint(Section source, String key, String text) {
    String wanted = " but must be a URL such as http://127.0.0.1:8000/metrics";
    try {
      URI uri = new URI(text);
      boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (!http || uri.getHost() == null || uri.getFragment() != null || uri.getPort() > 65_535) {
        source.fault(key, "is " + Section.quote(withoutUser(text)) + wanted);
        return null;
      }
      if (uri.getUserInfo() != null) {
        source.fault(key, "holds a user name or password, which does not belong into a pool");
        return null;
      }
      return uri;
    } catch (URISyntaxException e) {
      source.fault(key, "is " + Section.quote(withoutUser(text)) + wanted);
      return null;
    }
  }

  /// What may be shown of a URL: never what stands before `@` or after `?`.
  private static String withoutUser(String url) {
    return url.replaceAll("//.*@", "//").replaceAll("\\?.*", "?...");
  }

  private static Pods pods(Section pods) {
    PodSelector selector = selector(pods.section("selector"));
    List<Integer> ports = ports(pods);
    String scheme = pods.oneOf("scheme", List.of("http", "https"), "http");
    String path = path(pods);
    boolean tls = pods.has("tls");
    Tls read = tls(pods.section("tls"));
    if (tls && scheme.equals("http")) {
      pods.fault("tls", "needs scheme: https");
    }
    SecretKey token =
        pods.has("bearerTokenSecretRef") ? secretKey(pods.section("bearerTokenSecretRef")) : null;
    pods.end();
    return new Pods(selector, ports, scheme, path, read, token);
  }

  private static List<Integer> ports(Section pods) {
    List<Integer> ports = pods.wholes("ports", MAX_PORTS, 1, 65_535);
    if (!pods.has("ports") || pods.emptyList("ports")) {
      pods.fault("ports", "is missing; list the port of the metrics page, such as 8000");
    } else if (new HashSet<>(ports).size() < ports.size()) {
      pods.fault("ports", "lists a port twice");
    }
    return ports;
  }

  private static String path(Section pods) {
    String path = pods.text("path", "/metrics");
    if (path.length() > MAX_PATH || !PATH.matcher(path).matches()) {
      pods.fault("path", "is " + Section.quote(path) + " but must be a path such as /metrics");
    }
    return path;
  }

  private static PodSelector selector(Section selector) {
    Map<String, String> labels = selector.textByKey("matchLabels", MAX_REQUIREMENTS);
    labels.forEach((key, value) -> {
      labelKey(selector, "matchLabels." + key, key);
      labelValue(selector, "matchLabels." + key, value);
    });
    List<Expression> expressions = new ArrayList<>();
    for (Section expression : selector.sections("matchExpressions", MAX_REQUIREMENTS)) {
      expressions.add(expression(expression));
    }
    boolean labelled = selector.has("matchLabels") && !selector.emptyMapping("matchLabels");
    if (!labelled && !selector.has("matchExpressions")) {
      selector.fault("matchLabels", "is missing; name the pods' labels, such as {app: chat}");
    }
    selector.end();
    return new PodSelector(labels, expressions);
  }

  private static Expression expression(Section expression) {
    String key = expression.required("key", "name a label");
    labelKey(expression, "key", key);
    List<String> words =
        Arrays.stream(Expression.Operator.values()).map(Expression.Operator::word).toList();
    String word = expression.oneOf("operator", words, "");
    List<String> values = expression.texts("values", MAX_VALUES);
    for (int i = 0; i < values.size(); i++) {
      labelValue(expression, "values[" + i + "]", values.get(i));
    }
    if (word.isEmpty() && !expression.has("operator")) {
      expression.fault("operator", "is missing; write one of " + String.join(", ", words));
    }
    boolean takesValues = word.endsWith("In");
    if (!word.isEmpty() && takesValues == values.isEmpty()) {
      expression.fault(
          "values", takesValues ? "is missing; " + word + " needs one" : "must be left out");
    }
    expression.end();
    Expression.Operator operator =
        Arrays.stream(Expression.Operator.values())
            .filter(each -> each.word().equals(word))
            .findFirst()
            .orElse(Expression.Operator.EXISTS);
    return new Expression(key, operator, values);
  }

  private static void labelKey(Section at, String path, String key) {
    if (!key.isEmpty() && !LABEL_KEY.matcher(key).matches()) {
      at.fault(path, "is no label that a pod can have: " + Section.quote(key));
    }
  }

  private static void labelValue(Section at, String path, String value) {
    if (!LABEL_VALUE.matcher(value).matches()) {
      at.fault(path, "is " + Section.quote(value) + ", which no label can hold");
    }
  }

  private static Tls tls(Section tls) {
    SecretKey ca = tls.has("caSecretRef") ? secretKey(tls.section("caSecretRef")) : null;
    boolean skip = tls.flag("insecureSkipVerify");
    if (skip && ca != null) {
      tls.fault("insecureSkipVerify", "cannot stand beside caSecretRef: nothing would be checked");
    }
    tls.end();
    return new Tls(ca, skip);
  }

  private static SecretKey secretKey(Section reference) {
    String name = reference.required("name", "name the Secret");
    String key = reference.required("key", "name the key in the Secret");
    if (!name.isEmpty() && !SECRET_NAME.matcher(name).matches()) {
      reference.fault("name", "is " + Section.quote(name) + " but must be a Secret's name");
    }
    if (!key.isEmpty() && !SECRET_KEY.matcher(key).matches()) {
      reference.fault("key", "is " + Section.quote(key) + " but must be a key of a Secret");
    }
    reference.end();
    return new SecretKey(name, key);
  }
}
