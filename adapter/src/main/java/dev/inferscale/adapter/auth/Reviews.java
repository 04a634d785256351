package dev.inferscale.adapter.auth;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.inferscale.adapter.auth.GateStatistics.Counts;
import dev.inferscale.adapter.tally.Distribution;
import dev.inferscale.adapter.tally.Histogram;
import dev.inferscale.adapter.wire.Quoted;
import dev.inferscale.signals.kube.ApiServer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks the API server whose a token is and what somebody may. Each question is asked once more
/// where it did not get through, or where our own credentials were refused: the client has read
/// them anew by then.
final class Reviews {
  /// What the cluster's authorizers say.
  ///
  /// @param reason why not; often empty
  record Decision(boolean allowed, String reason) {}

  /// What came of a question.
  sealed interface Reply<V> {

    /// An answer.
    record Said<V>(V value) implements Reply<V> {}

    /// None for now: the API server is away, or has too much to do.
    record Away<V>(String sentence) implements Reply<V> {}

    /// None until somebody mends something, such as our own rights.
    record Faulty<V>(String sentence) implements Reply<V> {}
  }

  private static final Logger LOG = LoggerFactory.getLogger(Reviews.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TOKENS = "/apis/authentication.k8s.io/v1/tokenreviews";
  private static final String ACCESS = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

  /// The bounds that Kubernetes' servers have for the same, as far as [Gate#LIMIT] lets a question
  /// go, and some below.
  private static final double[] SECONDS = {0.01, 0.05, 0.1, 0.25, 0.5, 0.7, 1, 1.5, 3};

  private final ApiServer server;
  private final InstantSource time;
  private final Counts tokenReviews = Counts.ofCodes();
  private final Counts accessReviews = Counts.ofCodes();
  private final Histogram tokenSeconds = seconds();
  private final Histogram accessSeconds = seconds();

  /// What was last logged, so that a lasting trouble is logged once; empty while there is none.
  private volatile String trouble = "";

  Reviews(ApiServer server, InstantSource time) {
    this.server = server;
    this.time = time;
  }

  /// For how long a review took.
  static Histogram seconds() {
    return new Histogram(SECONDS);
  }

  /// Whose a token is: somebody's, or wrong.
  Reply<Opinion> whose(String token, Duration limit) throws InterruptedException {
    ObjectNode review = JSON.createObjectNode();
    review.put("apiVersion", "authentication.k8s.io/v1").put("kind", "TokenReview");
    review.putObject("spec").put("token", token);
    Instant start = time.instant();
    Reply<Opinion> reply = ask(TOKENS, review.toString(), tokenReviews, Reviews::opinion, limit);
    tokenSeconds.add(secondsSince(start));
    return reply;
  }

  /// Whether somebody may.
  Reply<Decision> may(Question question, Duration limit) throws InterruptedException {
    Instant start = time.instant();
    Reply<Decision> reply = ask(ACCESS, question.review(), accessReviews, Reviews::decision, limit);
    accessSeconds.add(secondsSince(start));
    return reply;
  }

  private double secondsSince(Instant start) {
    return Duration.between(start, time.instant()).toNanos() / 1e9;
  }

  Map<String, Long> tokenReviews() {
    return tokenReviews.now();
  }

  Map<String, Long> accessReviews() {
    return accessReviews.now();
  }

  Distribution tokenSeconds() {
    return tokenSeconds.now();
  }

  Distribution accessSeconds() {
    return accessSeconds.now();
  }

  private <V> Reply<V> ask(
      String path, String body, Counts counts, Function<JsonNode, V> read, Duration limit)
      throws InterruptedException {
    Instant until = time.instant().plus(limit);
    ApiServer.Sent sent = send(path, body, counts, limit);
    Duration left = Duration.between(time.instant(), until);
    if ((sent.code() == 0 || sent.code() == 401) && left.isPositive()) {
      sent = send(path, body, counts, left);
    }
    Reply<V> reply = reply(sent, read);
    log(reply);
    return reply;
  }

  private static <V> Reply<V> reply(ApiServer.Sent sent, Function<JsonNode, V> read) {
    return switch (sent.code()) {
      case 0 -> new Reply.Away<>(sent.fault());
      case 200, 201 -> said(sent.body(), read);
      case 401, 403 ->
          new Reply.Faulty<>(
              "the API server answers "
                  + sent.code()
                  + " to our question who calls; manifests/base/rbac/auth-delegator.yaml lets us ask");
      default ->
          sent.code() == 429 || sent.code() >= 500
              ? new Reply.Away<>("the API server answers " + sent.code())
              : new Reply.Faulty<>("the API server answers " + sent.code() + " to our question");
    };
  }

  private void log(Reply<?> reply) {
    String now =
        switch (reply) {
          case Reply.Said<?> _ -> "";
          case Reply.Away<?>(String sentence) -> sentence;
          case Reply.Faulty<?>(String sentence) -> sentence;
        };
    if (now.equals(trouble)) {
      return;
    }
    trouble = now;
    if (now.isEmpty()) {
      LOG.atInfo().log("the API server says again who calls and what they may");
    } else {
      LOG.atWarn()
          .addKeyValue("why", now)
          .log("the API server cannot be asked who calls and what they may");
    }
  }

  private ApiServer.Sent send(String path, String body, Counts counts, Duration limit)
      throws InterruptedException {
    ApiServer.Sent sent = server.send("POST", path, "application/json", body, limit);
    counts.add(sent.code() == 0 ? "none" : String.valueOf(sent.code()));
    return sent;
  }

  private static <V> Reply<V> said(String body, Function<JsonNode, V> read) {
    JsonNode status;
    try {
      status = JSON.readTree(body).path("status");
    } catch (JsonProcessingException notJson) {
      status = MissingNode.getInstance();
    }
    return status.isObject()
        ? new Reply.Said<>(read.apply(status))
        : new Reply.Faulty<>("the API server's answer to our question cannot be read");
  }

  private static Opinion opinion(JsonNode status) {
    JsonNode user = status.path("user");
    String name = user.path("username").asText("");
    if (!status.path("authenticated").asBoolean(false) || name.isEmpty()) {
      return new Opinion.Wrong("the token is not good");
    }
    Map<String, List<String>> extra = new LinkedHashMap<>();
    user.path("extra")
        .properties()
        .forEach(each -> extra.put(each.getKey(), texts(each.getValue())));
    return new Opinion.Known(
        new User(name, user.path("uid").asText(""), texts(user.path("groups")), extra));
  }

  private static Decision decision(JsonNode status) {
    boolean allowed =
        status.path("allowed").asBoolean(false) && !status.path("denied").asBoolean(false);
    return new Decision(allowed, Quoted.plain(status.path("reason").asText("")));
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(each -> texts.add(each.asText("")));
    return texts;
  }
}
