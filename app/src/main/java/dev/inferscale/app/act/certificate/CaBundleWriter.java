package dev.inferscale.app.act.certificate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.inferscale.adapter.certificate.Pem;
import dev.inferscale.app.act.outbox.Api;
import dev.inferscale.app.act.outbox.Outbox;
import dev.inferscale.app.act.outbox.Outcome;
import dev.inferscale.app.act.outbox.WriteCounts;
import dev.inferscale.app.act.outbox.Writer;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells the API server which authorities to trust: keeps `spec.caBundle` of our APIServices in
/// step with what replicas have agreed on. Of an APIService that leads to another Service it says
/// whose it is, and leaves it alone. Used by one thread.
public final class CaBundleWriter {
  private static final Logger LOG = LoggerFactory.getLogger(CaBundleWriter.class);

  /// Between two looks.
  static final Duration EVERY = Duration.ofSeconds(10);

  /// So long an authority stays that nobody trusts any more: a replica may not have heard of it
  /// yet.
  static final Duration KEPT = Duration.ofMinutes(10);

  private static final String PATH = "/apis/apiregistration.k8s.io/v1/apiservices/";
  private static final Duration ANSWER = Duration.ofSeconds(4);
  private static final int LONGEST_LABEL = 128;

  private final Api api;
  private final Outbox outbox;
  private final WriteCounts counts;
  private final SelfSignedConfig ours;
  private final Supplier<List<X509Certificate>> trusted;
  private final Ownership ownership;
  private final Map<X509Certificate, Instant> surplusSince = new HashMap<>();
  private final Map<String, String> said = new HashMap<>();
  private Instant next = Instant.MIN;

  /// @param outbox for the patches
  /// @param ours whose Service our APIServices lead to
  /// @param trusted that should stand there; nothing is written while it is empty
  /// @param ownership is told whose they are
  public CaBundleWriter(
      Api api,
      Outbox outbox,
      WriteCounts counts,
      SelfSignedConfig ours,
      Supplier<List<X509Certificate>> trusted,
      Ownership ownership) {
    this.api = api;
    this.outbox = outbox;
    this.counts = counts;
    this.ours = ours;
    this.trusted = trusted;
    this.ownership = ownership;
  }

  /// Looks at the APIServices if it is time to, and patches those that need it.
  ///
  /// @param now monotonic
  /// @param wall the time that certificates tell
  public void write(Instant now, Instant wall) throws InterruptedException {
    List<X509Certificate> wanted = trusted.get();
    if (!outbox.leads()) {
      ownership.forget();
      return;
    }
    if (now.isBefore(next) || wanted.isEmpty() || !outbox.isOpen(Writer.CA_BUNDLE, "")) {
      return;
    }
    next = now.plus(EVERY);
    for (String name : Ownership.NAMES) {
      Api.Reply reply = api.send("GET", PATH + name, "", "", ANSWER);
      switch (Outcome.of(reply.code())) {
        case WRITTEN -> look(name, reply.body(), wanted, now, wall);
        case GONE -> {
          ownership.found(name, Ownership.State.ABSENT, "");
          say(name, "there is no APIService " + name + "; manifests/base creates it");
        }
        case FORBIDDEN -> failed(name, Outcome.FORBIDDEN, Writer.CA_BUNDLE.forbidden(""));
        default -> failed(name, Outcome.UNREACHABLE, name + " cannot be read: " + reply.sentence());
      }
    }
  }

  private void failed(String name, Outcome outcome, String sentence) {
    counts.add(Writer.CA_BUNDLE, outcome);
    ownership.found(name, Ownership.State.UNKNOWN, "");
    say(name, sentence);
  }

  private void look(
      String name, JsonNode apiService, List<X509Certificate> wanted, Instant now, Instant wall)
      throws InterruptedException {
    String owner = owner(apiService);
    boolean isOurs = owner.equals(us());
    ownership.found(name, isOurs ? Ownership.State.OURS : Ownership.State.FOREIGN, owner);
    if (!isOurs) {
      say(
          name,
          "APIService %s leads to Service %s, not to our %s, and is left alone: one program can answer it at a time"
              .formatted(name, owner, us()));
    } else if (apiService.path("spec").path("insecureSkipTLSVerify").asBoolean(false)) {
      say(
          name,
          "APIService %s says insecureSkipTLSVerify, beside which no caBundle may stand; take it out, so that the API server checks who answers"
              .formatted(name));
    } else if (outbox.isOpen(Writer.CA_BUNDLE, "")) {
      said.remove(name);
      patch(name, apiService, wanted, now, wall);
    }
  }

  private void patch(
      String name, JsonNode apiService, List<X509Certificate> wanted, Instant now, Instant wall)
      throws InterruptedException {
    byte[] standing = standing(apiService);
    byte[] bundle;
    try {
      bundle = Pem.of(with(read(standing), wanted, now, wall));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("certificates that cannot be encoded were agreed on", e);
    }
    if (Arrays.equals(standing, bundle)) {
      return;
    }
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    // The version keeps it from an APIService that has become another's meanwhile.
    body.putObject("metadata")
        .put("resourceVersion", apiService.path("metadata").path("resourceVersion").asText(""));
    body.putObject("spec").put("caBundle", Base64.getEncoder().encodeToString(bundle));
    Outbox.Sent sent =
        outbox.send(
            new Outbox.Write(
                Writer.CA_BUNDLE,
                "",
                "PATCH",
                PATH + name + "?fieldManager=inferscale",
                "application/merge-patch+json",
                body));
    if (sent.outcome() == Outcome.WRITTEN) {
      LOG.atInfo().addKeyValue("apiservice", name).log("caBundle written");
    }
  }

  /// Those that replicas agreed on, and for a while those that stand there beside them.
  private List<X509Certificate> with(
      List<X509Certificate> standing, List<X509Certificate> wanted, Instant now, Instant wall) {
    Set<X509Certificate> bundle = new LinkedHashSet<>(wanted);
    surplusSince.keySet().removeAll(wanted);
    for (X509Certificate each : standing) {
      boolean valid = wall.isBefore(each.getNotAfter().toInstant());
      if (valid && !bundle.contains(each)) {
        Instant since = surplusSince.computeIfAbsent(each, _ -> now);
        if (now.isBefore(since.plus(KEPT))) {
          bundle.add(each);
        }
      }
    }
    return new ArrayList<>(bundle);
  }

  private static byte[] standing(JsonNode apiService) {
    try {
      return Base64.getDecoder().decode(apiService.path("spec").path("caBundle").asText(""));
    } catch (IllegalArgumentException notBase64) {
      return new byte[0];
    }
  }

  /// What is no certificate there is nothing to keep.
  private static List<X509Certificate> read(byte[] pem) {
    try {
      return Pem.certificates(pem);
    } catch (GeneralSecurityException e) {
      return List.of();
    }
  }

  private static String owner(JsonNode apiService) {
    JsonNode service = apiService.path("spec").path("service");
    if (!service.isObject()) {
      return "(the API server itself)";
    }
    String owner = service.path("namespace").asText("") + "/" + service.path("name").asText("");
    return owner.substring(0, Math.min(owner.length(), LONGEST_LABEL));
  }

  private String us() {
    return ours.namespace() + "/" + ours.service();
  }

  private void say(String name, String sentence) {
    if (!sentence.equals(said.put(name, sentence))) {
      LOG.atWarn().log(sentence);
    }
  }
}
