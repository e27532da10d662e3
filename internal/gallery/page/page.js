'use strict';
(() => {
const data = JSON.parse(document.getElementById('data').textContent);
const images = data.images, n = images.path.length;
const byId = (id) => document.getElementById(id);

// make an element with text; names of files and classes are text and nothing else.
const make = (tag, className, text) => {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
};
const number = (v, digits) => v === null || v === undefined ? '–' : String(Number(Number(v).toPrecision(digits)));

// Sheets of sprites are decoded when the first picture of theirs is in sight.
const loading = new Map();
const sheet = (s, at) => {
  const key = s.name + at;
  if (!loading.has(key)) {
    loading.set(key, new Promise((done, failed) => {
      const img = new Image();
      img.onload = () => done(img);
      img.onerror = () => failed(new Error('sheet ' + key + ' cannot be decoded'));
      img.src = 'data:image/jpeg;base64,' + s.sheets[at];
    }));
  }
  return loading.get(key);
};
for (const name of ['thumbs', 'heats', 'prototypes']) if (data[name]) data[name].name = name;

// paint draws tile i of sprites to a place.
const paint = async (context, s, i, x, y, w, h) => {
  const each = s.cols * s.cols, img = await sheet(s, Math.floor(i / each)), at = i % each;
  context.drawImage(img, at % s.cols * s.tileW, Math.floor(at / s.cols) * s.tileH, s.w, s.h, x, y, w, h);
};
const watcher = new IntersectionObserver((entries) => {
  for (const e of entries) {
    if (!e.isIntersecting) continue;
    watcher.unobserve(e.target);
    const c = e.target;
    paint(c.getContext('2d'), c.sprites, c.tile, 0, 0, c.width, c.height).then(() => { c.dataset.drawn = 'yes'; });
  }
}, {rootMargin: '300px'});

// tile is a canvas with a picture, drawn when it comes into sight. Small pictures are magnified by whole numbers.
const tile = (s, i, side) => {
  const c = make('canvas');
  c.width = s.w; c.height = s.h; c.sprites = s; c.tile = i;
  const long = Math.max(s.w, s.h), scale = long <= side ? Math.floor(side / long) : side / long;
  c.style.width = Math.round(s.w * scale) + 'px';
  c.style.height = Math.round(s.h * scale) + 'px';
  watcher.observe(c);
  return c;
};

// withHeat is the picture of image i and, of the same size, where it is odd.
const withHeat = (i, side) => {
  const all = [tile(data.thumbs, i, side)];
  if (heatAt.has(i)) {
    all.push(tile(data.heats, heatAt.get(i), side));
    all[1].style.width = all[0].style.width;
    all[1].style.height = all[0].style.height;
  }
  return all;
};

const short = (path) => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
const heatAt = new Map((data.heats ? data.heats.of : []).map((i, at) => [i, at]));

// picture is a button that opens the detail of image i.
const picture = (i, side, words, heat) => {
  const b = make('button', 'pic' + (images.flag[i] ? ' flagged' : ''));
  b.type = 'button';
  b.title = images.path[i];
  const pair = make('span', 'pair');
  pair.append(...(heat ? withHeat(i, side) : [tile(data.thumbs, i, side)]));
  b.append(pair);
  if (words) b.append(words);
  b.addEventListener('click', () => openDetail(i));
  return b;
};
const wordsOf = (width, ...parts) => {
  const w = make('span', 'words');
  w.style.maxWidth = width + 'px';
  parts.forEach(([tag, text]) => w.append(make(tag, '', text)));
  return w;
};

// The columns of the table, and what is said of one picture.
const columns = [
  {name: 'file', value: (i) => images.path[i], kind: 'name'},
  {name: 'rank', title: '1 is the oddest', value: (i) => images.rank[i]},
  {name: 'score', title: data.score + '; low is odd', value: (i) => images.score[i], digits: 4},
  {name: 'percentile', title: 'share of the usual pictures with a lower score, in %', value: (i) => images.percentile[i], digits: 4},
  {name: 'flag', title: 'low: odder than the threshold; high: more normal than usual pictures', value: (i) => images.flag[i], kind: 'flag'},
];
if (images.cluster) columns.push({name: 'cluster', value: (i) => images.cluster[i]});
if (images.folder) columns.push({name: 'folder', title: 'the class by the sub-folder, or by the labels of the set', value: (i) => images.folder[i], kind: 'name'});
if (images.class) columns.push({name: 'class', title: 'the most probable class by the model', value: (i) => images.class[i], kind: 'name'});
if (images.peak) columns.push({name: 'heat', title: 'how odd it is where it is oddest: the highest value of its map; up to about 1 is usual', value: (i) => images.peak[i], digits: 3});
images.layers.forEach((values, l) => columns.push({name: 'layer ' + (l + 1), title: 'log-likelihood of layer ' + (l + 1), value: (i) => values[i], digits: 5}));
const groupOf = new Array(n).fill(null), linkOf = new Array(n).fill(null);
data.groups.forEach((g, at) => g.forEach((m) => { groupOf[m.i] = at + 1; linkOf[m.i] = m; }));
if (data.groups.length) columns.push({name: 'duplicates', title: 'number of the group of duplicates', value: (i) => groupOf[i]});
const shown = (c, i) => {
  const v = c.value(i);
  return v === null || v === undefined || v === '' ? '–' : c.digits ? number(v, c.digits) : String(v);
};

// Detail.
const dialog = byId('detail');
const openDetail = (i) => {
  const pictures = byId('detail-pictures'), table = byId('detail-table'), like = byId('detail-like');
  pictures.replaceChildren(...withHeat(i, 320));
  table.replaceChildren(...columns.map((c) => {
    const row = make('tr');
    row.append(make('td', '', c.name), make('td', '', shown(c, i)));
    if (c.title) row.title = c.title;
    return row;
  }));
  like.replaceChildren();
  if (groupOf[i]) {
    like.append(make('h3', '', 'Its duplicates'));
    const row = make('div', 'row');
    data.groups[groupOf[i] - 1].filter((m) => m.i !== i).slice(0, 24).forEach((m) => row.append(picture(m.i, 64)));
    like.append(row);
  }
  if (!dialog.open) dialog.showModal();
};
byId('close').addEventListener('click', () => dialog.close());
dialog.addEventListener('click', (e) => { if (e.target === dialog) dialog.close(); });

// The oddest.
const byRank = [...images.rank.keys()].sort((a, b) => images.rank[a] - images.rank[b] || a - b);
const card = (i, ...parts) => picture(i, 128, wordsOf(heatAt.has(i) ? 260 : 130, ['b', images.rank[i] + '. '], ['span', short(images.path[i])], ['br'], ...parts), true);
for (const i of byRank.slice(0, data.oddest)) {
  const p = images.percentile[i], percent = p <= 0 ? 'odder than all usual ones' : p >= 100 ? 'more normal than all usual ones' : p > 50 ? 'more normal than ' + number(p, 3) + ' % of the usual' : 'odder than ' + number(100 - p, 3) + ' % of the usual';
  byId('oddest-cards').append(card(i, ['span', percent]));
}
for (const i of data.places || []) byId('place-cards').append(card(i, ['span', 'heat ' + number(images.peak[i], 3)]));

// Filters and the table.
const state = {text: '', flag: '', cluster: '', range: null, column: 1, falling: false, rows: 0, order: []};
const body = byId('table').tBodies[0], head = byId('table').tHead;
const page = 100;
const lower = images.path.map((p, i) => [p, images.folder && images.folder[i], images.class && images.class[i]].join('\n').toLowerCase());
const select = () => {
  const c = columns[state.column], sign = state.falling ? -1 : 1;
  const compare = (a, b) => {
    const x = c.value(a), y = c.value(b), none = (v) => v === null || v === undefined || v === '';
    if (none(x) || none(y)) return none(x) - none(y) || a - b; // what has no value comes last either way
    if (typeof x === 'number' && typeof y === 'number') return sign * (x - y) || a - b;
    return sign * String(x).localeCompare(String(y), 'en', {numeric: true}) || a - b;
  };
  state.order = [...lower.keys()].filter((i) =>
    lower[i].includes(state.text) &&
    (state.flag === '' || (state.flag === 'flagged' ? images.flag[i] !== '' : images.flag[i] === '')) &&
    (state.cluster === '' || String(images.cluster[i]) === state.cluster) &&
    (!state.range || (images.score[i] >= state.range[0] && (images.score[i] < state.range[1] || state.range[2] && images.score[i] <= state.range[1])))).sort(compare);
  state.rows = 0;
  body.replaceChildren();
  [...head.rows[0].cells].forEach((th, at) => {
    if (at - 1 === state.column) th.setAttribute('aria-sort', state.falling ? 'descending' : 'ascending');
    else th.removeAttribute('aria-sort');
  });
  more();
};
const more = () => {
  for (const i of state.order.slice(state.rows, state.rows + page)) {
    const row = make('tr', images.flag[i] ? 'flagged' : '');
    const cell = make('td');
    cell.append(picture(i, 48));
    row.append(cell, ...columns.map((c) => make('td', c.kind || 'number', shown(c, i))));
    body.append(row);
  }
  state.rows = Math.min(state.rows + page, state.order.length);
  const rest = state.order.length - state.rows;
  byId('count').textContent = state.order.length + ' of ' + n + ' pictures' + (state.range ? ' with scores from ' + number(state.range[0], 4) + ' to ' + number(state.range[1], 4) : '');
  byId('more').hidden = rest === 0;
  byId('more').textContent = 'Show more (' + rest + ' are left)';
};
byId('more').addEventListener('click', more);
new IntersectionObserver((entries) => { if (entries.some((e) => e.isIntersecting) && body.rows.length) more(); }, {rootMargin: '400px'}).observe(byId('more'));
const heads = make('tr');
heads.append(make('th'));
columns.forEach((c, at) => {
  const th = make('th'), b = make('button', '', c.name);
  b.type = 'button';
  if (c.title) b.title = c.title;
  b.addEventListener('click', () => { state.falling = state.column === at && !state.falling; state.column = at; select(); });
  th.append(b);
  heads.append(th);
});
head.append(heads);
const options = (id, all) => all.forEach(([value, text]) => { const o = make('option', '', text); o.value = value; byId(id).append(o); });
options('filter-flag', [['', 'flagged or not'], ['flagged', 'flagged'], ['not', 'not flagged']]);
const clusters = data.clusters || [];
options('filter-cluster', [['', 'all clusters'], ...[...clusters].sort((a, b) => a.k - b.k).map((c) => [String(c.k), 'cluster ' + c.k + ' (' + c.members.length + ')'])]);
byId('filter-cluster').hidden = !clusters.length;
const filter = (change) => {
  Object.assign(state, change);
  byId('search').value = state.text === byId('search').value.toLowerCase() ? byId('search').value : state.text;
  byId('filter-flag').value = state.flag;
  byId('filter-cluster').value = state.cluster;
  select();
};
byId('search').addEventListener('input', (e) => filter({text: e.target.value.toLowerCase()}));
byId('filter-flag').addEventListener('change', (e) => filter({flag: e.target.value}));
byId('filter-cluster').addEventListener('change', (e) => filter({cluster: e.target.value}));
byId('filters').addEventListener('submit', (e) => e.preventDefault());
const everything = {text: '', flag: '', cluster: '', range: null};
byId('reset').addEventListener('click', () => filter(everything));
const showAll = (change) => { filter({...everything, ...change}); byId('all').scrollIntoView(); };

// Clusters.
const spread = (all, count) => all.length <= count ? all : Array.from({length: count}, (_, j) => all[Math.floor(j * (all.length - 1) / (count - 1))]);
clusters.forEach((c) => {
  const box = make('div', 'cluster'), title = make('h3', '', 'Cluster ' + c.k + ' '), row = make('div', 'row');
  const all = make('button', 'link', c.members.length === 1 ? '1 picture' : 'all ' + c.members.length + ' pictures');
  all.type = 'button';
  all.addEventListener('click', () => showAll({cluster: String(c.k)}));
  title.append(all);
  if (c.words) title.append(make('span', 'aside', c.words));
  const proto = make('span', 'pic proto');
  proto.title = 'prototype of cluster ' + c.k;
  proto.append(tile(data.prototypes, c.prototype, 64));
  row.append(proto, ...spread(c.members, 14).map((i) => picture(i, 64)));
  box.append(title, row);
  byId('cluster-list').append(box);
});

// Duplicates, some groups at a time.
const duplicateList = byId('duplicate-list');
let groupsShown = 0;
const moreGroups = () => {
  data.groups.slice(groupsShown, groupsShown + 50).forEach((g, j) => {
    const box = make('div', 'group'), row = make('div', 'row');
    box.append(make('h3', '', 'Group ' + (groupsShown + j + 1) + ': ' + g.length + ' pictures'));
    g.slice(0, 30).forEach((m) => row.append(picture(m.i, 64, wordsOf(110, ['span', short(images.path[m.i])], ['br'], ['b', m.exact ? 'exact copy' : m.distance === 0 ? 'same but for a shift' : 'distance ' + number(m.distance, 2)]))));
    if (g.length > 30) row.append(make('span', 'hint', 'and ' + (g.length - 30) + ' more'));
    box.append(row);
    duplicateList.append(box);
  });
  groupsShown = Math.min(groupsShown + 50, data.groups.length);
  if (groupsShown < data.groups.length) {
    const b = make('button', '', 'Show more groups (' + (data.groups.length - groupsShown) + ' are left)');
    b.type = 'button';
    b.addEventListener('click', () => { b.remove(); moreGroups(); });
    duplicateList.append(b);
  }
};
moreGroups();

// Histogram. Extreme scores are in the outermost bars.
const svg = (tag, attributes, text) => {
  const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  if (text !== undefined) e.textContent = text;
  return e;
};
const histogram = () => {
  const sorted = [...images.score].sort((a, b) => a - b), at = (q) => sorted[Math.round(q * (n - 1))];
  let low = at(0.02), high = at(0.98);
  for (const limit of [data.below, data.above]) if (limit !== null) { low = Math.min(low, limit); high = Math.max(high, limit); }
  const margin = (high - low) * 0.15 || 1;
  low = Math.max(low - margin, sorted[0]);
  high = Math.min(high + margin, sorted[n - 1]);
  if (!(high > low)) { low -= 0.5; high += 0.5; }
  const bars = Math.max(5, Math.min(60, Math.ceil(Math.sqrt(n) * 1.5))), counts = new Array(bars).fill(0), flagged = new Array(bars).fill(0);
  const bar = (v) => Math.max(0, Math.min(bars - 1, Math.floor((v - low) / (high - low) * bars)));
  images.score.forEach((v, i) => { counts[bar(v)]++; if (images.flag[i]) flagged[bar(v)]++; });
  const W = 1000, H = 260, left = 50, bottom = 40, top = 22, most = Math.max(...counts);
  const x = (v) => left + (v - low) / (high - low) * (W - left - 10), y = (c) => H - bottom - c / most * (H - bottom - top);
  const picture = svg('svg', {viewBox: `0 0 ${W} ${H}`, role: 'img', 'aria-label': 'Histogram of scores'});
  picture.append(svg('line', {class: 'axis', x1: left, x2: W - 10, y1: H - bottom, y2: H - bottom}));
  counts.forEach((c, b) => {
    const from = low + (high - low) * b / bars, to = low + (high - low) * (b + 1) / bars, wide = x(to) - x(from);
    const box = (count, base, className) => { if (count) picture.append(svg('rect', {class: className, x: x(from) + 0.5, width: Math.max(1, wide - 1), y: y(base + count), height: y(base) - y(base + count)})); };
    box(flagged[b], 0, 'bar low');
    box(c - flagged[b], flagged[b], 'bar');
    const hit = svg('rect', {class: 'hit', x: x(from), width: wide, y: top, height: H - bottom - top});
    hit.append(svg('title', {}, c + (c === 1 ? ' picture' : ' pictures') + (flagged[b] ? ', ' + flagged[b] + ' flagged' : '') + ', scores ' + number(from, 4) + ' to ' + number(to, 4)));
    hit.addEventListener('click', () => showAll({range: [b === 0 ? sorted[0] : from, b === bars - 1 ? sorted[n - 1] : to, b === bars - 1]}));
    picture.append(hit);
  });
  const rough = (high - low) / 6, power = 10 ** Math.floor(Math.log10(rough)), step = power * [1, 2, 5, 10].find((m) => m * power >= rough);
  for (let v = Math.ceil(low / step) * step; v <= high; v += step) {
    picture.append(svg('line', {class: 'axis', x1: x(v), x2: x(v), y1: H - bottom, y2: H - bottom + 4}),
      svg('text', {x: x(v), y: H - bottom + 18, 'text-anchor': 'middle'}, number(Math.round(v / step) * step, 6)));
  }
  const beyond = (v, words) => picture.append(svg('text', {x: x(v), y: H - bottom + 32, 'text-anchor': v === low ? 'start' : 'end'}, words));
  if (sorted[0] < low) beyond(low, '← down to ' + number(sorted[0], 4));
  if (sorted[n - 1] > high) beyond(high, 'up to ' + number(sorted[n - 1], 4) + ' →');
  picture.append(svg('text', {x: left - 6, y: y(most) + 4, 'text-anchor': 'end'}, String(most)), svg('text', {x: left - 6, y: H - bottom + 4, 'text-anchor': 'end'}, '0'));
  for (const limit of [data.below, data.above]) {
    if (limit === null) continue;
    picture.append(svg('line', {class: 'limit', x1: x(limit), x2: x(limit), y1: top - 6, y2: H - bottom}),
      svg('text', {x: x(limit), y: top - 9, 'text-anchor': x(limit) > W - 80 ? 'end' : x(limit) < left + 30 ? 'start' : 'middle'}, 'threshold ' + number(limit, 4)));
  }
  byId('histogram').append(picture);
};
histogram();

// Map.
const map = () => {
  const canvas = byId('map-canvas'), tip = byId('map-tip'), context = canvas.getContext('2d'), border = 24;
  const range = (v) => { const s = [...v].sort((a, b) => a - b), low = s[Math.floor(0.002 * (n - 1))], high = s[Math.ceil(0.998 * (n - 1))]; return high > low ? [low, high] : [low - 1, low + 1]; };
  const [x0, x1] = range(images.x), [y0, y1] = range(images.y);
  const clamp = (v, most) => Math.max(6, Math.min(most - 6, v));
  const px = (i) => clamp(border + (images.x[i] - x0) / (x1 - x0) * (canvas.width - 2 * border), canvas.width);
  const py = (i) => clamp(canvas.height - border - (images.y[i] - y0) / (y1 - y0) * (canvas.height - 2 * border), canvas.height);
  const hue = (at) => `hsl(${(at * 137.508) % 360} 65% ${at % 2 ? 42 : 52}%)`;
  const byValue = (name, values) => {
    const seen = [...new Set(values)].sort((a, b) => String(a).localeCompare(String(b), 'en', {numeric: true}));
    const at = new Map(seen.map((v, j) => [v, j]));
    return {name, colour: (i) => hue(at.get(values[i])), legend: seen.slice(0, 40).map((v) => [hue(at.get(v)), String(v)]), left: Math.max(0, seen.length - 40)};
  };
  const kinds = [{name: 'flagged', colour: (i) => images.flag[i] ? '#c3202f' : '#9db0d3', legend: [['#c3202f', 'flagged'], ['#9db0d3', 'not flagged']], left: 0}];
  if (images.cluster) kinds.push(byValue('cluster', images.cluster));
  if (images.folder) kinds.push(byValue('folder', images.folder));
  if (images.class) kinds.push(byValue('class', images.class));
  kinds.push({name: 'percentile', colour: (i) => `hsl(${images.percentile[i] * 2.2} 75% 45%)`, legend: [['hsl(0 75% 45%)', 'odd'], ['hsl(110 75% 45%)', 'median'], ['hsl(220 75% 45%)', 'normal']], left: 0});
  options('map-colour', kinds.map((k, at) => [String(at), k.name]));
  const order = [...images.rank.keys()].sort((a, b) => (images.flag[a] !== '') - (images.flag[b] !== '') || a - b);
  let drawing = 0;
  const draw = async () => {
    const mine = ++drawing, kind = kinds[Number(byId('map-colour').value)], withPictures = byId('map-pictures').checked;
    byId('map-legend').replaceChildren(...kind.legend.map(([colour, text]) => {
      const s = make('span'), dot = make('i');
      dot.style.background = colour;
      s.append(dot, document.createTextNode(text));
      return s;
    }), ...(kind.left ? [make('span', '', 'and ' + kind.left + ' more')] : []));
    context.clearRect(0, 0, canvas.width, canvas.height);
    const taken = new Set(), side = 30, s = data.thumbs;
    for (const i of order) {
      if (withPictures) { // one picture a place
        const place = Math.floor(px(i) / side) + ',' + Math.floor(py(i) / side);
        if (taken.has(place)) continue;
        taken.add(place);
        const long = Math.max(s.w, s.h), w = s.w / long * (side - 2), h = s.h / long * (side - 2);
        await paint(context, s, i, Math.floor(px(i) / side) * side + 1, Math.floor(py(i) / side) * side + 1, w, h);
        if (mine !== drawing) return;
        continue;
      }
      context.fillStyle = kind.colour(i);
      context.beginPath();
      context.arc(px(i), py(i), images.flag[i] ? 4 : n > 3000 ? 2 : 3, 0, 7);
      context.fill();
    }
    canvas.dataset.drawn = withPictures ? 'pictures' : 'dots';
  };
  const nearest = (e) => {
    const box = canvas.getBoundingClientRect(), x = (e.clientX - box.left) * canvas.width / box.width, y = (e.clientY - box.top) * canvas.height / box.height;
    let best = -1, least = 14 * 14;
    for (let i = 0; i < n; i++) {
      const d = (px(i) - x) ** 2 + (py(i) - y) ** 2;
      if (d < least) { least = d; best = i; }
    }
    return best;
  };
  let pointed = -1;
  canvas.addEventListener('mousemove', (e) => {
    const i = nearest(e), box = canvas.getBoundingClientRect();
    tip.hidden = i < 0;
    if (i < 0) { pointed = -1; return; }
    if (i !== pointed) {
      pointed = i;
      tip.replaceChildren(tile(data.thumbs, i, 96), make('span', '', short(images.path[i]) + ' · rank ' + images.rank[i]));
    }
    tip.style.left = Math.min(e.clientX - box.left + 14, box.width - 150) + 'px';
    tip.style.top = (e.clientY - box.top + 14) + 'px';
  });
  canvas.addEventListener('mouseleave', () => { tip.hidden = true; pointed = -1; });
  canvas.addEventListener('click', (e) => { const i = nearest(e); if (i >= 0) openDetail(i); });
  byId('map-colour').addEventListener('change', draw);
  byId('map-pictures').addEventListener('change', draw);
  byId('map-colour').value = images.cluster ? '1' : '0';
  draw();
};
if (images.x) map();
select();
})();
