package dev.inferscale.adapter.auth;

import dev.inferscale.adapter.auth.GateStatistics.Counts;
import dev.inferscale.adapter.auth.Remembered.Known;
import dev.inferscale.adapter.auth.Remembered.Lifetimes;
import dev.inferscale.adapter.auth.Reviews.Decision;
import dev.inferscale.adapter.auth.Reviews.Reply;
import dev.inferscale.adapter.auth.Verdict.Admitted;
import dev.inferscale.adapter.auth.Verdict.Refused;
import dev.inferscale.adapter.auth.Verdict.Undecided;
import dev.inferscale.adapter.tally.Histogram;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.signals.kube.ApiServer;
import dev.inferscale.signals.kube.KubeAccess;
import dev.inferscale.signals.kube.WatchState;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import javax.net.ssl.X509ExtendedTrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Decides who is answered, as Kubernetes' own extension servers do: it identifies the caller by
/// front proxy, client certificate or token, and asks the cluster's authorizers. One gate serves
/// any number of servers and threads.
///
/// [#judge] never waits. Where memory does not suffice, [#ask] asks the API server on a thread of
/// the gate's own, within [#LIMIT].
public final class Gate implements AutoCloseable {
  /// For all questions of one request together.
  static final Duration LIMIT = Duration.ofSeconds(3);

  /// A good answer lives longer than the HPA's period of 15 s, so that its reads cost no question.
  static final Lifetimes ACCESS =
      new Lifetimes(
          Duration.ofSeconds(60),
          Duration.ofMinutes(5),
          Duration.ofMinutes(15),
          Duration.ofSeconds(10),
          Duration.ofSeconds(5));

  static final Lifetimes TOKENS =
      new Lifetimes(
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofMinutes(15),
          Duration.ofSeconds(10),
          Duration.ofSeconds(5));

  private static final Logger LOG = LoggerFactory.getLogger(Gate.class);
  private static final Set<String> PROBES = Set.of("healthz", "livez", "readyz");
  private static final String NOT_NOW = " cannot be known now: ";
  private static final int MAX_ANSWERS = 8_192;
  private static final int MAX_QUESTIONS = 256;

  /// The rest are for callers who are known to the cluster, and for what is asked again in time.
  private static final int MAX_QUESTIONS_OF_STRANGERS = 192;

  private static final Allowance.Rate ONE_SOURCE = new Allowance.Rate(50, 10);
  private static final Allowance.Rate ALL_SOURCES = new Allowance.Rate(200, 50);

  private final ApiServer server;
  private final ClusterTrust trust;
  private final Reviews reviews;
  private final InstantSource time;
  private final InstantSource wall;
  private final Allowance allowance;
  private final Remembered<String, Opinion> tokens;
  private final Remembered<Question, Decision> access;
  private final BearerToken.Names tokenNames = new BearerToken.Names();
  private final Semaphore questions = new Semaphore(MAX_QUESTIONS);
  private final Semaphore strangers = new Semaphore(MAX_QUESTIONS_OF_STRANGERS);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private final Counts authentications = GateStatistics.attempts();
  private final Counts authorizations = GateStatistics.decisions();
  private final Counts tokenCache = GateStatistics.lookups();
  private final Histogram clientLives = GateStatistics.lives();
  private final LongAdder refusedQuestions = new LongAdder();

  /// How a server's paths are read.
  public enum Paths {
    /// As those of an API server: below `/apis` they name resources.
    API,
    /// As those of the observation API: pools are ModelPools, all else is nothing but a path.
    OBSERVATION;

    private Attributes of(Request request) {
      return this == API ? Attributes.ofApi(request) : Attributes.ofObservation(request);
    }
  }

  /// A request that was not decided yet.
  private record Asked(Request request, Paths paths, Caller caller) {}

  /// Begins to watch whom the cluster trusts.
  ///
  /// @param time monotonic
  /// @param wall for the validity of certificates
  public static Gate start(KubeAccess access, InstantSource time, InstantSource wall) {
    Gate gate = new Gate(new ApiServer(access), time, wall);
    gate.threads.execute(gate.trust);
    return gate;
  }

  private Gate(ApiServer server, InstantSource time, InstantSource wall) {
    this.server = server;
    this.time = time;
    this.wall = wall;
    this.trust = new ClusterTrust(server, time);
    this.reviews = new Reviews(server, time);
    this.allowance = new Allowance(ONE_SOURCE, ALL_SOURCES, time);
    this.tokens =
        new Remembered<>(MAX_ANSWERS, opinion -> opinion instanceof Opinion.Known, TOKENS, time);
    this.access = new Remembered<>(MAX_ANSWERS, Decision::allowed, ACCESS, time);
  }

  /// For the handshakes of servers whose requests come here: they ask for a certificate, name the
  /// authorities of that moment, and accept any or none.
  public X509ExtendedTrustManager clients() {
    return new AnyClient(() -> trust.now().map(Trust::issuers).orElse(new X509Certificate[0]));
  }

  /// False until it is known whom the cluster trusts.
  public boolean isReady() {
    return trust.now().isPresent();
  }

  /// How the watch of whom the cluster trusts is doing.
  public WatchState watch() {
    return trust.state();
  }

  /// What was decided and asked.
  public GateStatistics statistics() {
    return new GateStatistics(
        authentications.now(),
        authorizations.now(),
        tokenCache.now(),
        reviews.tokenReviews(),
        reviews.accessReviews(),
        reviews.tokenSeconds(),
        reviews.accessSeconds(),
        clientLives.now(),
        refusedQuestions.sum());
  }

  /// Decides from memory; never waits. Whoever gets [Undecided] should [#ask].
  public Verdict judge(Request request, Paths paths, Caller caller) {
    try {
      return decide(new Asked(request, paths, caller), Optional.empty());
    } catch (InterruptedException never) {
      throw new IllegalStateException("nothing waits here", never);
    }
  }

  /// Decides, and asks the API server where need be.
  ///
  /// @param undecided what [#judge] said of the request
  /// @param decided is told on a thread of the gate, or on this one where it is told at once; never
  ///   [Undecided]
  public void ask(
      Undecided undecided, Request request, Paths paths, Caller caller, Consumer<Verdict> decided) {
    Asked asked = new Asked(request, paths, caller);
    Instant until = time.instant().plus(LIMIT);
    Runnable question = () -> decided.accept(answer(asked, until));
    if (!(undecided.stranger() ? inStrangersBackground(question) : inBackground(question))) {
      refusedQuestions.increment();
      decided.accept(new Refused(Refusal.tooManyWait()));
    }
  }

  private boolean inStrangersBackground(Runnable question) {
    if (!strangers.tryAcquire()) {
      return false;
    }
    boolean begun =
        inBackground(() -> {
          try {
            question.run();
          } finally {
            strangers.release();
          }
        });
    if (!begun) {
      strangers.release();
    }
    return begun;
  }

  /// Ends the watch and its threads; questions that are open are given up.
  @Override
  public void close() {
    threads.shutdownNow();
    server.close();
    threads.close();
  }

  private Verdict answer(Asked asked, Instant until) {
    try {
      return decide(asked, Optional.of(until));
    } catch (InterruptedException ending) {
      Thread.currentThread().interrupt();
      return refused("the server is ending");
    } catch (RuntimeException bug) {
      LOG.atError().setCause(bug).log("a request could not be judged");
      return new Refused(Refusal.failed("the server's log has the cause"));
    }
  }

  /// @param until the API server may be asked; empty for not at all
  private Verdict decide(Asked asked, Optional<Instant> until) throws InterruptedException {
    if (isProbe(asked.request)) {
      return new Admitted(User.ANONYMOUS);
    }
    Caller caller = asked.caller;
    Optional<Trust> trusted = trust.now();
    if (trusted.isEmpty() && !caller.chain().isEmpty()) {
      authentications.add("error");
      return refused("it is not known yet whose certificates the cluster trusts");
    }
    Instant now = wall.instant();
    Opinion shown = trusted.orElse(Trust.NOBODY).identify(caller, now);
    if (shown instanceof Opinion.Known(User user)) {
      if (until.isEmpty()) {
        Instant ends = caller.chain().getFirst().getNotAfter().toInstant();
        clientLives.add((double) Duration.between(now, ends).toSeconds());
      }
      return authorize(asked, user.known(), true, until);
    }
    Optional<BearerToken> token = BearerToken.of(caller.headers());
    if (token.isPresent()) {
      return byToken(asked, token.get(), until);
    }
    return shown instanceof Opinion.Wrong
        ? unauthorized()
        : authorize(asked, User.ANONYMOUS, false, until);
  }

  private static boolean isProbe(Request request) {
    return request.path().size() == 1 && PROBES.contains(request.segment(0));
  }

  private Verdict byToken(Asked asked, BearerToken token, Optional<Instant> until)
      throws InterruptedException {
    if (!token.isPlausible()) {
      return unauthorized();
    }
    String name = tokenNames.of(token);
    Optional<Known<Opinion>> known = tokens.known(name);
    if (known.isPresent()) {
      tokenCache.add("hit");
      return byOpinion(asked, known.get().value(), until);
    }
    if (until.isEmpty()) {
      tokenCache.add("miss");
      return undecided(tokens.wasGood(name), asked);
    }
    Duration left = left(until.get());
    return switch (tokens.ask(name, true, () -> reviews.whose(token.text(), left), left)) {
      case Reply.Said<Opinion>(Opinion opinion) -> byOpinion(asked, opinion, until);
      case Reply.Away<Opinion>(String sentence) ->
          unknown(authentications, Refusal.unavailable("whose the token is" + NOT_NOW + sentence));
      case Reply.Faulty<Opinion>(String sentence) ->
          unknown(authentications, Refusal.failed(sentence));
    };
  }

  private Verdict byOpinion(Asked asked, Opinion opinion, Optional<Instant> until)
      throws InterruptedException {
    return opinion instanceof Opinion.Known(User user)
        ? authorize(asked, user.known(), false, until)
        : unauthorized();
  }

  /// @param certified whether a certificate proves who calls, which no stranger can have
  private Verdict authorize(Asked asked, User user, boolean certified, Optional<Instant> until)
      throws InterruptedException {
    if (user.isMaster()) {
      return admitted(user);
    }
    Question question = new Question(user, asked.paths.of(asked.request));
    Optional<Known<Decision>> known = access.known(question);
    if (known.isPresent()) {
      if (known.get().renew()) {
        renew(question);
      }
      return decided(question, known.get().value());
    }
    if (until.isEmpty()) {
      return undecided(certified || access.wasGood(question), asked);
    }
    return switch (ask(question, left(until.get()))) {
      case Reply.Said<Decision>(Decision decision) -> decided(question, decision);
      case Reply.Away<Decision>(String sentence) ->
          unknown(authorizations, Refusal.unavailable("what the caller may" + NOT_NOW + sentence));
      case Reply.Faulty<Decision>(String sentence) ->
          unknown(authorizations, Refusal.failed(sentence));
    };
  }

  private Reply<Decision> ask(Question question, Duration limit) throws InterruptedException {
    return access.ask(question, question.isKept(), () -> reviews.may(question, limit), limit);
  }

  private void renew(Question question) {
    inBackground(() -> {
      try {
        var _ = ask(question, LIMIT);
      } catch (InterruptedException ending) {
        Thread.currentThread().interrupt();
      }
    });
  }

  /// @return false where too much runs already
  private boolean inBackground(Runnable task) {
    if (!questions.tryAcquire()) {
      return false;
    }
    try {
      threads.execute(() -> {
        try {
          task.run();
        } finally {
          questions.release();
        }
      });
      return true;
    } catch (RejectedExecutionException ending) {
      questions.release();
      return false;
    }
  }

  private Duration left(Instant until) {
    Duration left = Duration.between(time.instant(), until);
    return left.isNegative() ? Duration.ZERO : left;
  }

  private Verdict admitted(User user) {
    authentications.add("success");
    authorizations.add("allowed");
    return new Admitted(user);
  }

  private Verdict decided(Question question, Decision decision) {
    if (decision.allowed()) {
      return admitted(question.user());
    }
    authentications.add("success");
    authorizations.add("denied");
    return new Refused(Refusal.forbidden(question, decision.reason()));
  }

  private Verdict unauthorized() {
    authentications.add("failure");
    return new Refused(Refusal.unauthorized());
  }

  private Verdict undecided(boolean known, Asked asked) {
    if (known || allowance.take(asked.caller.source())) {
      return new Undecided(!known);
    }
    refusedQuestions.increment();
    return new Refused(
        Refusal.tooMany(
            "too many callers that are not known yet come from this address, or from all"));
  }

  private static Verdict unknown(Counts counts, Refusal refusal) {
    counts.add("error");
    return new Refused(refusal);
  }

  private static Verdict refused(String sentence) {
    return new Refused(Refusal.unavailable(sentence));
  }
}
