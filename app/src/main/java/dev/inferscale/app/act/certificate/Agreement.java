package dev.inferscale.app.act.certificate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.inferscale.adapter.certificate.ServingKey;
import dev.inferscale.app.act.outbox.Api;
import dev.inferscale.app.act.outbox.Outbox;
import dev.inferscale.app.act.outbox.Outcome;
import dev.inferscale.app.act.outbox.WriteCounts;
import dev.inferscale.app.act.outbox.Writer;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What this replica serves with, kept in agreement with all others through one Secret: whoever
/// comes first makes it, the others take what is there, and a Secret that vanishes is written again
/// from memory. Nobody leads: the API server refuses a write to a version that is no more.
///
/// On a thread of its own (`act-certificate`) it looks every [#EVERY]. Without the API server it
/// goes on serving what it has.
public final class Agreement implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Agreement.class);

  /// Between two looks at the Secret.
  static final Duration EVERY = Duration.ofSeconds(10);

  /// Another authority's certificate is served only after callers have had so much time to learn of
  /// that authority.
  static final Duration LEARNT_AFTER = Duration.ofMinutes(1);

  private static final Duration ANSWER = Duration.ofSeconds(5);
  private static final Duration SAID_AGAIN = Duration.ofMinutes(10);
  private static final int TRIES_AT_ONCE = 3;

  private final Api api;
  private final SelfSignedConfig config;
  private final WriteCounts counts;
  private final InstantSource wall;
  private final InstantSource time;
  private final Optional<Consumer<String>> printed;
  private final String secrets;
  private final Thread thread;

  // Owned by whoever looks: first the caller of start, then the thread.
  private final Map<X509Certificate, Instant> learnt = new HashMap<>();
  private @Nullable Credentials mine;
  private Outbox.@Nullable Write lastPrinted;
  private String complaint = "";
  private Instant complained = Instant.MIN;

  // Written by whoever looks, read by all.
  private volatile @Nullable Credentials agreed;
  private volatile @Nullable ServingKey served;

  /// Does nothing before [#start].
  ///
  /// @param wall the time that certificates tell
  /// @param time monotonic
  /// @param printed is given each write, without its secrets, instead of the API server, in a dry
  ///   run
  public Agreement(
      Api api,
      SelfSignedConfig config,
      WriteCounts counts,
      InstantSource wall,
      InstantSource time,
      Optional<Consumer<String>> printed) {
    this.api = api;
    this.config = config;
    this.counts = counts;
    this.wall = wall;
    this.time = time;
    this.printed = printed;
    this.secrets = "/api/v1/namespaces/" + config.namespace() + "/secrets";
    this.thread = Thread.ofVirtual().name("act-certificate").unstarted(this::lookOften);
  }

  /// Agrees with the other replicas, or, where the API server does not let it within a time, begins
  /// with a certificate of its own until it can.
  ///
  /// @param patience how long it may take
  /// @throws GeneralSecurityException where no certificate can be made
  public void start(Duration patience) throws GeneralSecurityException, InterruptedException {
    Instant until = time.instant().plus(patience);
    look();
    while (agreed == null && printed.isEmpty() && time.instant().isBefore(until)) {
      TimeUnit.SECONDS.sleep(1);
      look();
    }
    if (served == null) {
      served = own().serving();
    }
    thread.start();
  }

  /// What handshakes should use now; call it after [#start].
  public ServingKey serving() {
    return Objects.requireNonNull(served, "not started");
  }

  /// The authorities that callers should trust now; empty before replicas have agreed.
  public List<X509Certificate> trusted() {
    Credentials now = agreed;
    return now == null ? List.of() : now.trusted();
  }

  private void lookOften() {
    try {
      while (true) {
        TimeUnit.NANOSECONDS.sleep(EVERY.toNanos());
        lookOnce();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void lookOnce() throws InterruptedException {
    try {
      look();
    } catch (GeneralSecurityException e) {
      complain(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      // A bug of ours must not end it; what is served stays.
      LOG.atError().setCause(e).log("serving certificate not looked after");
    }
  }

  /// Looks at the Secret, and again at once where another replica was quicker.
  ///
  /// @throws GeneralSecurityException where a certificate cannot be made
  void look() throws GeneralSecurityException, InterruptedException {
    boolean beaten = true;
    for (int tries = 0; beaten && tries < TRIES_AT_ONCE; tries++) {
      Api.Reply reply = api.send("GET", secrets + "/" + config.secret(), "", "", ANSWER);
      beaten =
          switch (Outcome.of(reply.code())) {
            case WRITTEN -> found(reply.body());
            case GONE -> write("POST", secrets, ServingSecret.of(config, own()), own());
            default -> {
              failed(reply);
              yield false;
            }
          };
    }
    serveWhatCallersKnow();
  }

  /// @return true where another replica was quicker
  private boolean found(JsonNode secret) throws GeneralSecurityException, InterruptedException {
    if (!ServingSecret.isOurs(secret)) {
      complain(
          "Secret %s/%s was made by somebody else and is left alone; name another one with"
                  .formatted(config.namespace(), config.secret())
              + " adapter.selfSigned.secret");
      return false;
    }
    String path = secrets + "/" + config.secret();
    Credentials there;
    try {
      there = ServingSecret.read(secret);
    } catch (GeneralSecurityException e) {
      complain(
          "Secret %s/%s cannot be used and is written anew: %s"
              .formatted(config.namespace(), config.secret(), e.getMessage()));
      return write("PUT", path, ServingSecret.with(secret, own()), own());
    }
    Instant now = wall.instant();
    Credentials wanted = withOurs(there, now);
    wanted = wanted.renewed(config.names(), now).orElse(wanted);
    if (wanted.equals(there)) {
      agree(there);
      return false;
    }
    return write("PUT", path, ServingSecret.with(secret, wanted), wanted);
  }

  /// Callers must go on trusting what this replica serves with meanwhile.
  private Credentials withOurs(Credentials there, Instant now) {
    Credentials before = agreed;
    return before == null || there.trusted().containsAll(before.trusted())
        ? there
        : there.trusting(before.trusted(), now);
  }

  /// Those that this replica would write where nobody has written any.
  private Credentials own() throws GeneralSecurityException {
    Credentials before = agreed == null ? mine : agreed;
    if (before == null) {
      before = Credentials.make(config.names(), wall.instant());
    }
    mine = before;
    return before;
  }

  private boolean write(String method, String path, ObjectNode secret, Credentials credentials)
      throws InterruptedException {
    if (printed.isPresent()) {
      print(printed.get(), method, path, secret);
      return false;
    }
    Api.Reply reply = api.send(method, path, "application/json", secret.toString(), ANSWER);
    Outcome outcome = Outcome.of(reply.code());
    switch (outcome) {
      case WRITTEN -> {
        counts.add(Writer.CERTIFICATE, outcome);
        LOG.atInfo()
            .addKeyValue("secret", config.namespace() + "/" + config.secret())
            .addKeyValue("expires", credentials.serving().expires())
            .log("serving certificate written for all replicas");
        agree(credentials);
      }
      case CONFLICT -> counts.add(Writer.CERTIFICATE, outcome);
      default -> failed(reply);
    }
    return outcome == Outcome.CONFLICT;
  }

  private void print(Consumer<String> to, String method, String path, ObjectNode secret) {
    ObjectNode shown = ServingSecret.hidden(secret);
    Outbox.Write write =
        new Outbox.Write(
            Writer.CERTIFICATE, config.namespace(), method, path, "application/json", shown);
    if (!write.equals(lastPrinted)) {
      lastPrinted = write;
      counts.add(Writer.CERTIFICATE, Outcome.PRINTED);
      to.accept(write.line());
    }
  }

  private void agree(Credentials credentials) {
    agreed = credentials;
    mine = credentials;
    complaint = "";
  }

  private void serveWhatCallersKnow() {
    Credentials now = agreed;
    if (now == null) {
      return;
    }
    Instant at = time.instant();
    now.trusted().forEach(each -> learnt.putIfAbsent(each, at));
    learnt.keySet().retainAll(now.trusted());
    ServingKey current = served;
    if (current == null || (!current.equals(now.serving()) && isKnown(now, current, at))) {
      served = now.serving();
    }
  }

  /// At once where callers cannot trust what is served, or trust both for the same reason.
  private boolean isKnown(Credentials next, ServingKey current, Instant at) {
    X509Certificate signer = next.signer().orElseThrow();
    Credentials before = new Credentials(next.authority(), next.trusted(), current);
    Optional<X509Certificate> signedBefore = before.signer();
    return signedBefore.isEmpty()
        || signedBefore.get().equals(signer)
        || !wall.instant().isBefore(current.expires())
        || !at.isBefore(learnt.getOrDefault(signer, at).plus(LEARNT_AFTER));
  }

  private void failed(Api.Reply reply) {
    Outcome outcome = Outcome.of(reply.code());
    counts.add(Writer.CERTIFICATE, outcome);
    complain(
        outcome == Outcome.FORBIDDEN
            ? Writer.CERTIFICATE.forbidden(config.namespace())
            : "no serving certificate can be agreed on through Secret %s/%s: %s"
                .formatted(config.namespace(), config.secret(), reply.sentence()));
  }

  private void complain(String sentence) {
    Instant now = time.instant();
    if (!sentence.equals(complaint) || complained.plus(SAID_AGAIN).isBefore(now)) {
      LOG.atWarn().log(sentence);
      complained = now;
    }
    complaint = sentence;
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
