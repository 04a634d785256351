package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.Replicas;
import dev.inferscale.signals.pool.ServingPod;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.Inputs;
import dev.inferscale.signals.window.Measured;
import dev.inferscale.signals.window.TargetView;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Predicate;

/// Answers for pods one by one: the rules are the pool's, applied to the targets of one pod. A pod
/// answers only where all its targets count, and nothing is held: whoever reads pods must see which
/// of them are missing.
final class SinglePods {
  private SinglePods() {}

  static List<Pool.PodAnswer> answers(
      ModelPool pool,
      List<ServingPod> pods,
      List<TargetView> views,
      Predicate<ServingPod> which,
      Signal signal,
      OptionalDouble quantile,
      Instant now) {
    Map<Target, TargetView> byTarget = new HashMap<>();
    views.forEach(view -> byTarget.put(view.target(), view));
    List<Pool.PodAnswer> answers = new ArrayList<>();
    for (ServingPod pod : pods) {
      if (which.test(pod)) {
        List<TargetView> own = new ArrayList<>(pod.targets().size());
        for (Target target : pod.targets()) {
          TargetView view = byTarget.get(target);
          if (view != null) {
            own.add(view);
          }
        }
        Sight sight = Sight.of(pool, own, now);
        answers.add(new Pool.PodAnswer(pod, answer(pod, sight, signal, quantile)));
      }
    }
    return answers;
  }

  /// What each of these targets contributes.
  static List<Pool.Contribution> contributions(
      Sight sight,
      List<ServingPod> pods,
      List<TargetView> views,
      Signal signal,
      OptionalDouble quantile) {
    Map<Target, String> names = new HashMap<>();
    pods.forEach(pod -> pod.targets().forEach(target -> names.put(target, pod.name())));
    List<Pool.Contribution> contributions = new ArrayList<>();
    for (TargetView view : views) {
      Measured measured = view.measured();
      Sight alone = Sight.of(sight.pool(), List.of(view), sight.now());
      contributions.add(
          new Pool.Contribution(
              view.target().name(),
              names.getOrDefault(view.target(), ""),
              measured == null ? List.of() : measured.reading().provenance(signal).from(),
              measured == null ? new LinkedHashMap<>() : Inputs.of(measured, signal),
              Folding.answer(alone, signal, quantile, LastFull.NEVER, Replicas.UNREAD)));
    }
    return contributions;
  }

  private static Answer answer(
      ServingPod pod, Sight sight, Signal signal, OptionalDouble quantile) {
    if (!signal.hasPods()) {
      return sight.missing(
          Absence.UNKNOWN_SIGNAL, signal.wireName() + " is a number of the pool, not of its pods");
    }
    Answer refusal = Folding.refusal(sight, signal, quantile);
    if (refusal != null) {
      return refusal;
    }
    int targets = pod.targets().size();
    if (sight.total() < targets) {
      return sight.missing(Absence.NOT_YET, "the pod is starting; wait for its first answer");
    }
    Answer answer = Folding.answer(sight, signal, quantile, LastFull.NEVER, Replicas.UNREAD);
    return answer instanceof Answer.Value value && value.targetsCovered() < targets
        ? sight.missing(
            Absence.PARTIAL,
            value.targetsCovered()
                + " of the pod's "
                + targets
                + " targets count; "
                + Silence.firstFault(sight))
        : answer;
  }
}
