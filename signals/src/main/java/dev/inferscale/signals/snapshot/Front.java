package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.pool.PoolTargets.Gap;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Pool.TargetState;
import dev.inferscale.signals.snapshot.Pool.TargetState.State;
import dev.inferscale.signals.window.Outcome.Asked;
import dev.inferscale.signals.window.Outcome.Failed;
import dev.inferscale.signals.window.Outcome.Read;
import dev.inferscale.signals.window.Outcome.Told;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The demand in front of a pool: requests that no pod has yet, as gateways and routers tell, and
/// as their pages say that are asked. Immutable; what is told counts for as long as its teller
/// says.
///
/// @param told the latest word of each teller, of those whose pages are asked too
/// @param pages that are asked
/// @param gap why none is asked although the pool names some, null where there is no such reason
/// @param since when there came to be any demand, null while there is none
/// @param heard when somebody last told anything unasked, null where nobody ever did
record Front(
    List<Told> told,
    List<Page> pages,
    @Nullable Gap gap,
    @Nullable Instant since,
    @Nullable Instant heard) {
  /// Nobody has told anything.
  static final Front NOBODY = new Front(List.of(), List.of(), null, null, null);

  /// Who has told something within this time is expected to do so again.
  private static final Duration TELLS_AGAIN = Duration.ofMinutes(10);

  Front {
    told = List.copyOf(told);
    pages = List.copyOf(pages);
  }

  /// One page.
  ///
  /// @param said last, null where it never said anything
  /// @param fault what came of asking it later than that, null where nothing went wrong since
  /// @param expected false while nobody expects it to answer
  record Page(Target target, @Nullable Told said, @Nullable Failed fault, boolean expected) {
    /// One that has not been asked yet.
    static Page unasked(Target target) {
      return new Page(target, null, null, true);
    }

    Page expected(boolean now) {
      return new Page(target, said, fault, now || said != null);
    }

    /// The same after it has been asked.
    ///
    /// @param validFor how long what it says is believed
    Page next(Asked outcome, Duration validFor) {
      return switch (outcome) {
        case Read read -> new Page(target, Told.by(read.reading(), validFor), null, true);
        case Failed failed -> new Page(target, said, failed, expected);
      };
    }

    private boolean isKnown(Instant now) {
      return said != null && isValid(said, now);
    }

    TargetState state(Instant now) {
      Told word = said;
      if (fault == null && word != null) {
        return isValid(word, now)
            ? new TargetState(
                target.name(), State.UP, Math.round(word.requests()) + " requests wait there")
            : new TargetState(
                target.name(),
                State.STALE,
                "no reading for longer than " + Explanation.seconds(word.validFor()));
      }
      return fault == null
          ? new TargetState(target.name(), State.STARTING, "not asked yet")
          : Silence.state(target, fault);
    }
  }

  /// What is known after a fold. Of one who is asked and tells too, under the name of his page, the
  /// later word counts.
  ///
  /// @param latest words of those who told unasked
  Front next(Collection<Told> latest, List<Page> asked, @Nullable Gap none, Instant now) {
    Map<String, Told> byTeller = new LinkedHashMap<>();
    Stream.concat(latest.stream(), asked.stream().map(Page::said).filter(Objects::nonNull))
        .filter(each -> isValid(each, now))
        .forEach(
            each -> byTeller.merge(each.teller(), each, (a, b) -> a.at().isAfter(b.at()) ? a : b));
    List<Told> valid = List.copyOf(byTeller.values());
    boolean any = valid.stream().anyMatch(each -> each.requests() > 0);
    return new Front(
        valid,
        asked,
        none,
        any ? (since == null ? now : since) : null,
        latest.stream().map(Told::at).max(Instant::compareTo).orElse(heard));
  }

  /// Whether somebody tells unasked, now and then.
  boolean isTold(Instant now) {
    return heard != null && Duration.between(heard, now).compareTo(TELLS_AGAIN) <= 0;
  }

  private static boolean isValid(Told told, Instant now) {
    return !now.isAfter(told.until());
  }

  private List<Told> valid(Instant now) {
    return told.stream().filter(each -> isValid(each, now)).toList();
  }

  /// The last instant at which all of it counts.
  Instant validUntil() {
    return told.stream().map(Told::until).min(Instant::compareTo).orElse(Instant.MAX);
  }

  /// How many requests are known to wait there; those of whom nothing is known may hold more.
  double requests(Instant now) {
    return valid(now).stream().mapToDouble(Told::requests).sum();
  }

  /// Whether each page that is expected to answer has been asked, whatever came of it.
  boolean isAsked() {
    return pages.stream().allMatch(page -> page.said() != null || page.fault() != null);
  }

  /// Whether a signal is, in part, of what waits in front of a pool.
  static boolean counts(Signal signal) {
    return switch (signal) {
      case REQUESTS_WAITING,
          REQUESTS_IN_FLIGHT,
          TOKENS_WAITING,
          TOKENS_IN_FLIGHT,
          QUEUE_WAIT,
          QUEUE_OLDEST ->
          true;
      default -> false;
    };
  }

  /// The pool's answer with what waits in front of it. Without a pod the front's word is all that
  /// there is to know, and a value. Where some of the front is silent, what the others say may
  /// raise an answer, but that nothing waits is not known.
  ///
  /// @param none that no replica exists or is wanted, so that no pod can know of more
  Answer with(Sight sight, Signal signal, Answer pods, boolean none) {
    List<Told> valid = valid(sight.now());
    Answer.Missing silent = silent(sight);
    if (valid.isEmpty() && silent == null) {
      return pods;
    }
    return switch (signal) {
      case REQUESTS_WAITING, REQUESTS_IN_FLIGHT ->
          added(sight, pods, none, valid, Told::requests, Quality.EXACT, "");
      case TOKENS_WAITING, TOKENS_IN_FLIGHT -> {
        boolean known = valid.stream().noneMatch(each -> Double.isNaN(each.tokens()));
        yield known
            ? added(sight, pods, none, valid, Told::tokens, Quality.EXACT, "")
            : added(
                sight,
                pods,
                none,
                valid,
                each -> Double.isNaN(each.tokens()) ? each.requests() : each.tokens(),
                Quality.ESTIMATED,
                ", at least one token each");
      }
      case QUEUE_WAIT, QUEUE_OLDEST -> waited(sight, pods, none, valid);
      default -> pods;
    };
  }

  private Answer added(
      Sight sight,
      Answer pods,
      boolean none,
      List<Told> valid,
      ToDoubleFunction<Told> part,
      Quality quality,
      String more) {
    double waiting = valid.stream().mapToDouble(part).sum();
    Duration age = age(valid, sight.now());
    Answer.Missing silent = silent(sight);
    String but = silent == null ? "" : "; but " + silent.explanation();
    String there = Math.round(waiting) + " in front of the pool" + more + but;
    return switch (pods) {
      case Answer.Value value when waiting > 0 || silent != null ->
          new Answer.Value(
              value.number() + waiting,
              value.age().compareTo(age) > 0 ? value.age() : age,
              value.window(),
              Sight.worse(value.quality(), silent == null ? quality : Quality.ESTIMATED),
              value.targetsCovered(),
              value.targetsTotal(),
              value.from(),
              Explanation.line(
                  value.note().isEmpty() ? "with " + there : value.note() + "; with " + there));
      case Answer.Value value -> value;
      case Answer.Missing _ when none && waiting == 0 && silent != null -> silent;
      case Answer.Missing _ when none ->
          new Answer.Value(
              waiting,
              age,
              null,
              silent == null ? quality : Quality.PARTIAL,
              0,
              0,
              List.of(),
              Explanation.line("no pod yet: " + there));
      case Answer.Missing missing -> missing;
    };
  }

  /// What a request waits when there is no pod: at least as long as there has been one, or as the
  /// front says of its oldest.
  private Answer waited(Sight sight, Answer pods, boolean none, List<Told> valid) {
    Instant now = sight.now();
    double oldest =
        valid.stream()
            .filter(each -> each.requests() > 0)
            .mapToDouble(each -> each.oldestSeconds() + seconds(each.at(), now))
            .filter(Double::isFinite)
            .max()
            .orElse(0);
    return switch (pods) {
      case Answer.Value value when oldest > value.number() ->
          new Answer.Value(
              oldest,
              value.age(),
              value.window(),
              value.quality(),
              value.targetsCovered(),
              value.targetsTotal(),
              value.from(),
              "the front has held a request so long");
      case Answer.Missing _ when none -> alone(sight, valid, oldest);
      default -> pods;
    };
  }

  private Answer alone(Sight sight, List<Told> valid, double oldest) {
    Instant now = sight.now();
    Answer.Missing silent = silent(sight);
    Instant first = since;
    boolean any = first != null && valid.stream().anyMatch(each -> each.requests() > 0);
    if (!any && silent != null) {
      return silent;
    }
    double held = first == null ? 0 : seconds(first, now);
    return new Answer.Value(
        any ? Math.max(oldest, held) : 0,
        age(valid, now),
        null,
        any ? Quality.ESTIMATED : Quality.IDLE,
        0,
        0,
        List.of(),
        any
            ? "lower bound: no pod yet; the front has held a request so long"
            : "no pod, no demand");
  }

  /// Why it is not known of some of the front what waits there, null where it is of all of it.
  private Answer.@Nullable Missing silent(Sight sight) {
    Instant now = sight.now();
    for (Page page : pages) {
      if (page.expected() && !isHeardOf(page, now)) {
        TargetState state = page.state(now);
        Failed fault = page.fault();
        Absence why =
            fault != null
                ? Silence.absence(fault.fault())
                : page.said() == null ? Absence.NOT_YET : Absence.STALE;
        return sight.missing(
            why, "its front " + Explanation.outside(state.name()) + ": " + state.detail());
      }
    }
    Gap none = gap;
    return none == null
        ? null
        : sight.missing(
            Pool.absence(none), "of its front is not known what waits: " + none.sentence());
  }

  private boolean isHeardOf(Page page, Instant now) {
    return page.isKnown(now)
        || valid(now).stream().anyMatch(each -> each.teller().equals(page.target().name()));
  }

  private static double seconds(Instant since, Instant now) {
    return Math.max(0, Duration.between(since, now).toNanos() / 1e9);
  }

  private static Duration age(List<Told> valid, Instant now) {
    Instant oldest = valid.stream().map(Told::at).min(Instant::compareTo).orElse(now);
    Duration age = Duration.between(oldest, now);
    return age.isNegative() ? Duration.ZERO : age;
  }
}
