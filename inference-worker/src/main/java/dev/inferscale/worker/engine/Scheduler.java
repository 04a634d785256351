package dev.inferscale.worker.engine;

import java.util.ArrayList;
import java.util.List;

/// Decides what one step computes. Pure: the same lists always give the same plan.
///
/// First come, first served, in both directions. Running sequences are in order of arrival and each
/// gets what it needs from the step's token budget, oldest first: one token when decoding, a chunk
/// of the prompt when not. When blocks run out, the youngest running sequence gives up its own and
/// goes back to the head of the queue, so that the oldest always moves on. What budget is left
/// admits from the head of the queue, never past it: a long prompt is not overtaken by short ones
/// behind it.
///
/// Because only the youngest is ever behind with its prompt, prompts cannot starve the decoding of
/// the sequences before them.
final class Scheduler {
  private Scheduler() {}

  /// What a step may use.
  ///
  /// @param maxRunning most sequences running
  /// @param maxTokens most tokens in the step
  /// @param blockTokens tokens per KV block
  record Limits(int maxRunning, int maxTokens, int blockTokens) {}

  /// What the scheduler knows of a sequence.
  ///
  /// @param length tokens known: the prompt and what was generated
  /// @param computed how many of them are in the KV cache; less than `length`
  /// @param blocks KV blocks held
  record Demand(int length, int computed, int blocks) {}

  /// A sequence's part of the step.
  ///
  /// @param tokens tokens to compute, at least one
  /// @param newBlocks blocks it must be given first
  record Share(int tokens, int newBlocks) {}

  /// One step.
  ///
  /// @param running shares of the first running sequences, by position; the rest get nothing
  /// @param preempted how many running sequences, from the youngest, give up their blocks
  /// @param admitted shares of the first waiting sequences, which start to run
  record Plan(List<Share> running, int preempted, List<Share> admitted) {
    boolean isEmpty() {
      return running.isEmpty() && admitted.isEmpty();
    }
  }

  /// Plans one step.
  ///
  /// @param running in order of arrival
  /// @param waiting in order of arrival; the head of the queue is enough
  /// @param freeBlocks blocks that nobody holds
  static Plan plan(List<Demand> running, List<Demand> waiting, int freeBlocks, Limits limits) {
    Step step = new Step(limits, freeBlocks);
    int live = step.shareOut(running);
    if (live == running.size()) {
      step.admit(running, waiting);
    }
    return new Plan(
        List.copyOf(step.runningShares), running.size() - live, List.copyOf(step.admittedShares));
  }

  static int blocksFor(int tokens, int blockTokens) {
    return (tokens + blockTokens - 1) / blockTokens;
  }

  /// The plan in the making.
  private static final class Step {
    private final Limits limits;
    private final List<Share> runningShares = new ArrayList<>();
    private final List<Share> admittedShares = new ArrayList<>();
    private int freeBlocks;
    private int tokensLeft;

    Step(Limits limits, int freeBlocks) {
      this.limits = limits;
      this.freeBlocks = freeBlocks;
      tokensLeft = limits.maxTokens();
    }

    /// Tells how many sequences, from the oldest, keep running.
    int shareOut(List<Demand> running) {
      int live = running.size();
      for (int i = 0; i < live && tokensLeft > 0; i++) {
        Demand demand = running.get(i);
        Share share = shareOf(demand);
        while (share.newBlocks() > freeBlocks && live > i) {
          live--;
          freeBlocks += running.get(live).blocks();
        }
        if (live > i) {
          runningShares.add(take(share));
        }
      }
      return live;
    }

    /// Admits while the whole sequence and one token more would find blocks, beside what the
    /// running sequences were promised when they were admitted: starting a prompt only to give it
    /// up again costs more than waiting.
    void admit(List<Demand> running, List<Demand> waiting) {
      int unpromised = freeBlocks - promised(running);
      int slots = limits.maxRunning() - running.size();
      for (Demand demand : waiting) {
        int whole = blocksFor(demand.length() + 1, limits.blockTokens());
        if (slots == 0 || tokensLeft == 0 || whole > unpromised) {
          return;
        }
        admittedShares.add(take(shareOf(demand)));
        unpromised -= whole;
        slots--;
      }
    }

    /// Blocks that running sequences still lack for the tokens they already have.
    private int promised(List<Demand> running) {
      int blocks = 0;
      for (int i = 0; i < running.size(); i++) {
        Demand demand = running.get(i);
        int held =
            demand.blocks() + (i < runningShares.size() ? runningShares.get(i).newBlocks() : 0);
        blocks += Math.max(0, blocksFor(demand.length(), limits.blockTokens()) - held);
      }
      return blocks;
    }

    private Share shareOf(Demand demand) {
      int tokens = Math.min(demand.length() - demand.computed(), tokensLeft);
      int blocks = blocksFor(demand.computed() + tokens, limits.blockTokens());
      return new Share(tokens, Math.max(0, blocks - demand.blocks()));
    }

    private Share take(Share share) {
      tokensLeft -= share.tokens();
      freeBlocks -= share.newBlocks();
      return share;
    }
  }
}
