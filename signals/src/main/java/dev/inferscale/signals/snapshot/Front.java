package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.Outcome.Told;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// The demand in front of a pool: requests that no pod has yet, as gateways and routers tell.
/// Immutable; what is told counts for as long as its teller says.
///
/// @param told the latest word of each teller
/// @param since when there came to be any, null while there is none
record Front(List<Told> told, @Nullable Instant since) {
  /// Nobody has told anything.
  static final Front NOBODY = new Front(List.of(), null);

  Front {
    told = List.copyOf(told);
  }

  /// What is known after a fold.
  Front next(Collection<Told> latest, Instant now) {
    List<Told> valid = latest.stream().filter(each -> isValid(each, now)).toList();
    boolean any = valid.stream().anyMatch(each -> each.requests() > 0);
    return new Front(valid, any ? (since == null ? now : since) : null);
  }

  private static boolean isValid(Told told, Instant now) {
    return !now.isAfter(until(told));
  }

  private static Instant until(Told told) {
    return told.at().plus(told.validFor());
  }

  /// The last instant at which all of it counts.
  Instant validUntil() {
    return told.stream().map(Front::until).min(Instant::compareTo).orElse(Instant.MAX);
  }

  /// The pool's answer with what waits in front of it. Without a pod the front's word is all that
  /// there is to know, and a value.
  ///
  /// @param none that no replica exists or is wanted, so that no pod can know of more
  Answer with(Sight sight, Signal signal, Answer pods, boolean none) {
    Instant now = sight.now();
    List<Told> valid = told.stream().filter(each -> isValid(each, now)).toList();
    if (valid.isEmpty()) {
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
      case QUEUE_WAIT, QUEUE_OLDEST ->
          none && pods instanceof Answer.Missing ? waited(valid, now) : pods;
      default -> pods;
    };
  }

  private static Answer added(
      Sight sight,
      Answer pods,
      boolean none,
      List<Told> valid,
      ToDoubleFunction<Told> part,
      Quality quality,
      String more) {
    double waiting = valid.stream().mapToDouble(part).sum();
    Duration age = age(valid, sight.now());
    String there = Math.round(waiting) + " in front of the pool" + more;
    return switch (pods) {
      case Answer.Value value when waiting > 0 ->
          new Answer.Value(
              value.number() + waiting,
              value.age().compareTo(age) > 0 ? value.age() : age,
              value.window(),
              Sight.worse(value.quality(), quality),
              value.targetsCovered(),
              value.targetsTotal(),
              value.from(),
              Explanation.line(
                  value.note().isEmpty() ? "with " + there : value.note() + "; with " + there));
      case Answer.Value value -> value;
      case Answer.Missing missing ->
          none
              ? new Answer.Value(
                  waiting, age, null, quality, 0, 0, List.of(), "no pod yet: " + there)
              : missing;
    };
  }

  /// What a request waits when there is no pod: at least as long as there has been one.
  private Answer waited(List<Told> valid, Instant now) {
    Instant first = since;
    boolean any = first != null && valid.stream().anyMatch(each -> each.requests() > 0);
    double seconds = any ? Duration.between(first, now).toNanos() / 1e9 : 0;
    return new Answer.Value(
        seconds,
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

  private static Duration age(List<Told> valid, Instant now) {
    Instant oldest = valid.stream().map(Told::at).min(Instant::compareTo).orElse(now);
    Duration age = Duration.between(oldest, now);
    return age.isNegative() ? Duration.ZERO : age;
  }
}
