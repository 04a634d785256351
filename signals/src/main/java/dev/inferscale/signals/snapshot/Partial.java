package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.profile.Signal;
import java.time.Duration;
import java.util.function.Function;

/// What is answered while some of a pool's targets are silent. Partial data may raise an answer,
/// never lower it: a pod that stopped answering has not lost its queue. So every signal, however it
/// is folded, is at least what it would be with the last readings of those that are silent, each
/// for as long as the pool holds values; a sum of too few is scaled up as well, and never below
/// what it was when enough of them answered. Too few for longer than that are no answer.
final class Partial {
  private Partial() {}

  /// @param told the fold over those that answer, which are fewer than there are
  /// @param fold the same fold, of any sight
  static Answer answer(
      Sight sight,
      Signal signal,
      Answer.Value told,
      LastFull lastFull,
      Function<Sight, Answer> fold) {
    int covered = told.targetsCovered();
    boolean tooFew = !sight.full(covered);
    Duration holdFor = sight.pool().missing().holdFor();
    if (tooFew && lastFull.partialFor(signal, sight.now()).compareTo(holdFor) > 0) {
      String longer = "for longer than " + Explanation.seconds(holdFor) + ", ";
      return sight.missing(Absence.PARTIAL, longer + sight.partial(covered).explanation());
    }
    double least = told.number();
    String how = "";
    if (tooFew && signal.fold() == Signal.Fold.SUM) {
      least = told.number() * sight.total() / covered;
      how = "scaled up from ";
      if (lastFull.sum(signal) > least) {
        least = lastFull.sum(signal);
        how = "as when all answered: now ";
      }
    }
    if (fold.apply(sight.remembering()) instanceof Answer.Value remembered
        && remembered.number() > least) {
      least = remembered.number();
      how = "with what the silent said last: now ";
    }
    return how.isEmpty() ? told : raised(sight, told, least, how);
  }

  private static Answer raised(Sight sight, Answer.Value told, double number, String how) {
    String note =
        how
            + told.targetsCovered()
            + " of "
            + sight.total()
            + " targets count; "
            + Silence.firstFault(sight);
    return Double.isFinite(number)
        ? new Answer.Value(
            number,
            told.age(),
            told.window(),
            Quality.PARTIAL,
            told.targetsCovered(),
            told.targetsTotal(),
            told.from(),
            Explanation.line(note))
        : sight.beyond(told.from());
  }
}
