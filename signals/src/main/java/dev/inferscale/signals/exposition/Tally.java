package dev.inferscale.signals.exposition;

import java.util.ArrayList;
import java.util.List;

/// What a parser counts while it reads. One thread at a time.
final class Tally {
  private final List<Defect> listed = new ArrayList<>();
  private final int most;
  private int defects;
  private int lines;
  private int series;

  Tally(int mostDefects) {
    this.most = mostDefects;
  }

  void line() {
    lines++;
  }

  void series() {
    series++;
  }

  Defect defect(String why) {
    Defect defect = new Defect(lines, why);
    defects++;
    if (listed.size() < most) {
      listed.add(defect);
    }
    return defect;
  }

  List<Defect> listed() {
    return listed;
  }

  int defects() {
    return defects;
  }

  int lines() {
    return lines;
  }

  int seriesCount() {
    return series;
  }
}
