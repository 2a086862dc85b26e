# gnuplot -c search_growth.gp GROWTH.csv PICTURE.png
# How the search's time grows: log-log, a line fitted to the upper sizes, its slope in the legend.
csv = ARG1
set terminal pngcairo noenhanced size 1200,430 font 'sans-serif,11' background '#FFFFFF'
set output ARG2
set datafile separator ','
set grid lw 1 lc rgb '#C8C8C8' dt 1
set border 3
set tics nomirror out
set key left top Left reverse samplen 2 spacing 1.3
set fit quiet logfile '/dev/null'
set ytics 10
set format y '%.0s %cs'
set style line 1 lc rgb '#0072B2' pt 7 ps 1.2
set style line 2 lc rgb '#D55E00' lw 1.5 dt 2

# The columns of one series, from size `least` on.
size_of(name, least) = (strcol(1) eq name && column(2) >= least) ? column(2) : NaN

line(x) = exp(b + a * x)
fitted(x) = a * x + b

set multiplot layout 1,3 margins 0.085,0.98,0.14,0.9 spacing 0.03,0
do for [i = 1:3] {
  name = word('by_blocks by_systems by_results', i)
  least = word('64 16 1000', i) + 0
  a = 1; b = -10
  unset logscale
  set xrange [*:*]
  set yrange [*:*]
  fit fitted(x) csv skip 1 using (log(size_of(name, least))):(log(column(3))) via a, b
  set logscale xy
  set yrange [5e-5:0.2]
  if (i == 1) { set title '16 systems, 10 plans'; set xlabel 'blocks' }
  if (i == 2) { set title '200 blocks, 10 plans'; set xlabel 'systems' }
  if (i == 3) { set title '200 blocks, 16 systems'; set xlabel 'plans asked for' }
  if (i == 1) { set xrange [40:30000]; set ylabel 'median CPU time' }
  if (i == 2) { set xrange [3:180]; unset ylabel; set format y ''; set xtics (4, 8, 16, 32, 64, 128) }
  if (i == 3) { set xrange [0.7:20000]; set xtics (1, 10, 100, 1000, 10000) }
  if (i == 1) { set xtics (64, 256, 1024, 4096, 16384) }
  plot csv skip 1 using (size_of(name, 0)):3 with points ls 1 title 'measured', \
       (x >= least ? line(log(x)) : NaN) with lines ls 2 \
         title sprintf('slope %.2f, from %d on', a, least)
}
unset multiplot
