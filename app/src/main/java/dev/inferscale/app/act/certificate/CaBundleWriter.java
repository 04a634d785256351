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
import dev.inferscale.app.apis.MetricsApi;
import dev.inferscale.app.apis.Mode;
import dev.inferscale.app.apis.Owner;
import dev.inferscale.app.apis.Registered;
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
/// whose it is, and leaves it alone; those that the plane's mode does not give us it does not even
/// look at. Used by one thread.
public final class CaBundleWriter {
  private static final Logger LOG = LoggerFactory.getLogger(CaBundleWriter.class);

  /// Between two looks.
  static final Duration EVERY = Duration.ofSeconds(10);

  /// So long an authority stays that nobody trusts any more: a replica may not have heard of it
  /// yet.
  static final Duration KEPT = Duration.ofMinutes(10);

  private static final Duration ANSWER = Duration.ofSeconds(4);

  private final Api api;
  private final Outbox outbox;
  private final WriteCounts counts;
  private final SelfSignedConfig ours;
  private final Supplier<List<X509Certificate>> trusted;
  private final Mode mode;
  private final Map<X509Certificate, Instant> surplusSince = new HashMap<>();
  private final Map<String, String> said = new HashMap<>();
  private Instant next = Instant.MIN;

  /// @param outbox for the patches
  /// @param ours whose Service our APIServices lead to
  /// @param trusted that should stand there; nothing is written while it is empty
  /// @param mode what may be ours at all
  public CaBundleWriter(
      Api api,
      Outbox outbox,
      WriteCounts counts,
      SelfSignedConfig ours,
      Supplier<List<X509Certificate>> trusted,
      Mode mode) {
    this.api = api;
    this.outbox = outbox;
    this.counts = counts;
    this.ours = ours;
    this.trusted = trusted;
    this.mode = mode;
  }

  /// Looks at the APIServices if it is time to, and patches those that need it.
  ///
  /// @param now monotonic
  /// @param wall the time that certificates tell
  public void write(Instant now, Instant wall) throws InterruptedException {
    List<X509Certificate> wanted = trusted.get();
    boolean mayWrite = outbox.leads() && outbox.isOpen(Writer.CA_BUNDLE, "");
    if (!mayWrite || now.isBefore(next) || wanted.isEmpty()) {
      return;
    }
    next = now.plus(EVERY);
    for (MetricsApi each : MetricsApi.values()) {
      if (!mode.mayOwn(each)) {
        continue;
      }
      String name = each.apiService();
      Api.Reply reply = api.send("GET", each.path(), "", "", ANSWER);
      switch (Outcome.of(reply.code())) {
        case WRITTEN -> look(each, reply.body(), wanted, now, wall);
        case GONE -> say(name, "there is no APIService " + name + "; manifests/base creates it");
        case FORBIDDEN -> failed(name, Outcome.FORBIDDEN, Writer.CA_BUNDLE.forbidden(""));
        default -> failed(name, Outcome.UNREACHABLE, name + " cannot be read: " + reply.sentence());
      }
    }
  }

  private void failed(String name, Outcome outcome, String sentence) {
    counts.add(Writer.CA_BUNDLE, outcome);
    say(name, sentence);
  }

  private void look(
      MetricsApi api, JsonNode apiService, List<X509Certificate> wanted, Instant now, Instant wall)
      throws InterruptedException {
    String name = api.apiService();
    Registered found = Registered.read(apiService, us());
    if (found.owner() != Owner.OURS) {
      say(
          name,
          "APIService %s leads to Service %s, not to our %s, and is left alone: one program can answer it at a time"
              .formatted(name, found.service(), us()));
    } else if (apiService.path("spec").path("insecureSkipTLSVerify").asBoolean(false)) {
      say(
          name,
          "APIService %s says insecureSkipTLSVerify, beside which no caBundle may stand; take it out, so that the API server checks who answers"
              .formatted(name));
    } else if (outbox.isOpen(Writer.CA_BUNDLE, "")) {
      said.remove(name);
      patch(api, apiService, wanted, now, wall);
    }
  }

  private void patch(
      MetricsApi api, JsonNode apiService, List<X509Certificate> wanted, Instant now, Instant wall)
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
                api.path() + "?fieldManager=inferscale",
                "application/merge-patch+json",
                body));
    if (sent.outcome() == Outcome.WRITTEN) {
      LOG.atInfo().addKeyValue("apiservice", api.apiService()).log("caBundle written");
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

  private String us() {
    return ours.front();
  }

  private void say(String name, String sentence) {
    if (!sentence.equals(said.put(name, sentence))) {
      LOG.atWarn().log(sentence);
    }
  }
}
