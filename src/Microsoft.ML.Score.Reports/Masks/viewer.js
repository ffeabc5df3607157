'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const { timeSteps: T, height: H, width: W } = data.grid;
  const N = H * W;
  const count = T * N;
  const element = id => document.getElementById(id);
  const whole = new Intl.NumberFormat('en-US');
  const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));

  // As the library: k = max(1, floor(rho * T * N)) of the highest scores, ties to the lower index.
  const retained = ratio => Math.max(1, Math.floor(ratio * count));

  // Percent as text to the double that the same number has as a ratio: 10 becomes 0.1 and not 10 / 100 in binary.
  const ratioOf = percent => Number(`${percent}e-2`);

  class Selection {
    constructor(source) {
      this.name = source.name;
      if (source.scores) {
        this.scores = new Float32Array(bytes(source.scores).buffer);
        const order = Uint32Array.from(this.scores.keys()).sort((a, b) => this.scores[b] - this.scores[a] || a - b);
        this.rank = new Uint32Array(count);
        order.forEach((token, place) => { this.rank[token] = place; });
      } else {
        this.masks = source.masks.map(mask => ({ ratio: mask.ratio, bits: bytes(mask.bits) }));
      }
    }

    choose(ratio) {
      this.isKept = new Uint8Array(count);
      if (this.scores) {
        this.ratio = ratio;
        const k = retained(ratio);
        for (let token = 0; token < count; token++) this.isKept[token] = this.rank[token] < k ? 1 : 0;
      } else {
        const nearest = this.masks.reduce((best, mask) => Math.abs(mask.ratio - ratio) < Math.abs(best.ratio - ratio) ? mask : best);
        this.ratio = nearest.ratio;
        for (let token = 0; token < count; token++) this.isKept[token] = nearest.bits[token >> 3] >> (token & 7) & 1;
      }
      this.perStep = new Uint32Array(T);
      for (let token = 0; token < count; token++) this.perStep[Math.floor(token / N)] += this.isKept[token];
      this.kept = this.perStep.reduce((sum, kept) => sum + kept, 0);
    }
  }

  const selections = data.selections.map(source => new Selection(source));
  const state = { step: 0, ratio: data.retentionRatio, view: 'kept', timer: 0 };
  const percent = ratio => `${Number((100 * ratio).toPrecision(3))}%`;
  const secondsText = step => data.steps[step].seconds === null ? '' : `${data.steps[step].seconds.toFixed(2)} s`;

  // Pictures are decoded when they are first shown; a step without one shows the last before it.
  const pictures = new Array(T);
  const pictureOf = step => {
    while (step > 0 && !data.steps[step].jpeg) step--;
    if (!data.steps[step].jpeg) return null;
    if (!pictures[step]) {
      pictures[step] = new Image();
      pictures[step].onload = () => draw();
      pictures[step].src = `data:image/jpeg;base64,${data.steps[step].jpeg}`;
    }
    return pictures[step];
  };

  const ramp = [[13, 8, 135], [126, 3, 168], [204, 71, 120], [248, 149, 64], [240, 249, 33]];
  const heat = share => {
    const place = share * (ramp.length - 1);
    const low = Math.min(ramp.length - 2, Math.floor(place));
    return `rgba(${ramp[low].map((value, i) => Math.round(value + (ramp[low + 1][i] - value) * (place - low))).join(',')},0.72)`;
  };

  const size = data.picture ?? { width: W * 24, height: H * 24 };
  const scale = Math.max(1, 640 / Math.max(size.width, size.height));
  const canvases = selections.map(selection => {
    const figure = document.createElement('figure');
    const caption = document.createElement('figcaption');
    const canvas = document.createElement('canvas');
    caption.textContent = selection.name;
    canvas.width = Math.round(size.width * scale);
    canvas.height = Math.round(size.height * scale);
    canvas.setAttribute('role', 'img');
    figure.append(caption, canvas);
    element('views').append(figure);
    return canvas;
  });

  function paint(canvas, selection) {
    const { step, view } = state;
    const context = canvas.getContext('2d');
    const picture = pictureOf(step);
    context.fillStyle = '#8c96a5';
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (picture?.complete) context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    if (view === 'frame') return;
    const left = x => Math.round(x * canvas.width / W);
    const top = y => Math.round(y * canvas.height / H);
    const isKept = (y, x) => y >= 0 && y < H && x >= 0 && x < W && selection.isKept[step * N + y * W + x] === 1;
    for (let y = 0; y < H; y++) {
      for (let x = 0; x < W; x++) {
        const [l, t, r, b] = [left(x), top(y), left(x + 1), top(y + 1)];
        if (view === 'heat' && selection.scores) {
          context.fillStyle = heat(1 - selection.rank[step * N + y * W + x] / Math.max(1, count - 1));
          context.fillRect(l, t, r - l, b - t);
        } else if (!isKept(y, x)) {
          context.fillStyle = 'rgba(0,0,0,0.745)';
          context.fillRect(l, t, r - l, b - t);
        }
      }
    }
    context.fillStyle = '#f5a524';
    for (let y = 0; y < H; y++) {
      for (let x = 0; x < W; x++) {
        if (!isKept(y, x)) continue;
        const [l, t, r, b] = [left(x), top(y), left(x + 1), top(y + 1)];
        if (!isKept(y - 1, x)) context.fillRect(l, t, r - l, 1);
        if (!isKept(y + 1, x)) context.fillRect(l, b - 1, r - l, 1);
        if (!isKept(y, x - 1)) context.fillRect(l, t, 1, b - t);
        if (!isKept(y, x + 1)) context.fillRect(r - 1, t, 1, b - t);
      }
    }
  }

  const isScene = step => data.steps[step].change !== null && data.steps[step].change >= data.sceneThreshold;
  const svg = (name, attributes) => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  };

  const strips = selections.map(selection => {
    const block = document.createElement('div');
    const text = document.createElement('p');
    const chart = svg('svg', { viewBox: `0 0 ${T} 1`, preserveAspectRatio: 'none', role: 'img' });
    const parts = {
      text, chart,
      now: svg('rect', { class: 'now', y: 0, width: 1, height: 1 }),
      bars: svg('path', { class: 'bars' }),
      scenes: svg('path', { class: 'scenes', d: data.steps.map((_, step) => isScene(step) ? `M${step} 0V1` : '').join('') }),
    };
    chart.append(parts.now, parts.bars, parts.scenes);
    chart.addEventListener('click', event => {
      const place = chart.getBoundingClientRect();
      go(Math.floor((event.clientX - place.left) / place.width * T));
    });
    block.className = 'strip';
    block.append(text, chart);
    element('strips').append(block);
    return parts;
  });

  function drawStrip(parts, selection) {
    const most = Math.max(1, ...selection.perStep);
    const scenes = data.steps.filter((_, step) => isScene(step)).length;
    parts.bars.setAttribute('d', [...selection.perStep].map((kept, step) => kept ? `M${step + 0.08} 1V${1 - kept / most}H${step + 0.92}V1Z` : '').join(''));
    parts.text.textContent = `${selections.length > 1 ? `${selection.name}: ` : ''}kept tokens of each step, at most ${whole.format(most)} of ${whole.format(N)}`
      + (data.picture ? `; ${scenes} ${scenes === 1 ? 'change' : 'changes'} of the scene (dashed)` : '');
    parts.chart.setAttribute('aria-label', parts.text.textContent);
  }

  const row = (cells, isHead) => {
    const line = document.createElement('tr');
    cells.forEach((text, i) => {
      const cell = document.createElement(isHead || i === 0 ? 'th' : 'td');
      if (isHead) cell.scope = 'col';
      else if (i === 0) cell.scope = 'row';
      cell.textContent = text;
      line.append(cell);
    });
    return line;
  };

  function fillRatios() {
    // A compressor without scores was asked at some ratios, and says nothing of others.
    const asked = selections.flatMap(selection => selection.masks?.map(mask => mask.ratio) ?? []);
    const ratios = [...new Set([...(asked.length ? asked : [0.01, 0.02, 0.05, 0.1, 0.25, 0.5]), data.retentionRatio])].sort((a, b) => a - b);
    const table = element('ratios');
    const seconds = data.steps[0].seconds === null ? 0 : T * data.grid.secondsPerStep;
    table.tHead.append(row(['ratio', ...selections.map(selection => `${selection.name}, tokens`), ...(seconds ? ['tokens a second'] : [])], true));
    for (const ratio of ratios) {
      const counts = selections.map(selection => {
        if (selection.scores) return retained(ratio);
        const mask = selection.masks.find(one => one.ratio === ratio);
        return mask ? mask.bits.reduce((sum, byte) => { for (; byte; byte &= byte - 1) sum++; return sum; }, 0) : null;
      });
      const first = counts.find(one => one !== null);
      const rate = first === undefined ? '' : (first / seconds).toPrecision(3);
      table.tBodies[0].append(row([percent(ratio), ...counts.map(one => one === null ? 'not asked' : whole.format(one)), ...(seconds ? [rate] : [])], false));
    }
  }

  function fillSteps() {
    const table = element('steps');
    table.tBodies[0].replaceChildren(...data.steps.map((step, index) => {
      const line = row([String(index), step.seconds === null ? '' : step.seconds.toFixed(2), step.frames?.join(', ') ?? '', ...selections.map(selection => whole.format(selection.perStep[index]))], false);
      if (isScene(index)) line.className = 'scene';
      return line;
    }));
  }

  function draw() {
    const { step } = state;
    const time = secondsText(step);
    element('step').value = step;
    element('step-text').textContent = `${step + 1} of ${T}${time ? `, ${time}` : ''}`;
    element('step').setAttribute('aria-valuetext', element('step-text').textContent);
    element('status').textContent = `${time ? `At ${time}` : 'Here'}${data.steps[step].frames ? `, ${data.steps[step].frames.length > 1 ? 'frames' : 'frame'} ${data.steps[step].frames.join(' and ')}` : ''}: `
      + selections.map(selection => `${selections.length > 1 ? `${selection.name} keeps ` : ''}${whole.format(selection.perStep[step])} of ${whole.format(N)} tokens`
        + (selection.scores || selection.ratio === state.ratio ? '' : ` (its mask at ${percent(selection.ratio)})`)).join(', ')
      + (isScene(step) ? '. A new scene begins.' : '.');
    selections.forEach((selection, i) => {
      paint(canvases[i], selection);
      canvases[i].setAttribute('aria-label', `Time step ${step + 1}: ${selection.name} keeps ${selection.perStep[step]} of ${N} tokens`);
      strips[i].now.setAttribute('x', step);
    });
  }

  function choose(ratio, source) {
    if (!(ratio > 0) || ratio > 1) return;
    state.ratio = ratio;
    selections.forEach((selection, i) => {
      selection.choose(ratio);
      drawStrip(strips[i], selection);
    });
    const shown = Number((100 * ratio).toPrecision(12));
    if (source !== 'ratio') element('ratio').value = shown;
    if (source !== 'ratio-exact') element('ratio-exact').value = shown;
    element('ratio').setAttribute('aria-valuetext', percent(ratio));
    element('headline').textContent = selections.map(selection => `${selection.name} keeps ${whole.format(selection.kept)} of ${whole.format(count)} tokens (${percent(selection.kept / count)})`).join('; ') + '.';
    if (document.querySelector('details').open) fillSteps();
    draw();
  }

  function go(step) {
    state.step = Math.min(T - 1, Math.max(0, step));
    draw();
  }

  function look(view) {
    state.view = view;
    document.querySelector(`input[value=${view}]`).checked = true;
    element('legend').hidden = view !== 'heat';
    draw();
  }

  function play() {
    const isPlaying = state.timer === 0;
    clearInterval(state.timer);
    state.timer = isPlaying ? setInterval(() => go(state.step + 1 === T ? 0 : state.step + 1), 1000 * Math.min(2, Math.max(0.1, data.grid.secondsPerStep))) : 0;
    element('play').textContent = isPlaying ? 'Pause' : 'Play';
    element('play').setAttribute('aria-pressed', String(isPlaying));
  }

  const slide = by => choose(ratioOf(Math.min(100, Math.max(0.5, Math.round(200 * state.ratio) / 2 + by))));
  const views = ['kept', 'heat', 'frame'];
  const keys = {
    ArrowLeft: () => go(state.step - 1), ArrowRight: () => go(state.step + 1), ArrowUp: () => slide(0.5), ArrowDown: () => slide(-0.5),
    Home: () => go(0), End: () => go(T - 1), p: play, h: () => look(views[(views.indexOf(state.view) + 1) % views.length]),
  };

  element('step').max = T - 1;
  element('step').addEventListener('input', event => go(Number(event.target.value)));
  for (const id of ['ratio', 'ratio-exact']) element(id).addEventListener('input', event => choose(ratioOf(event.target.value), id));
  element('play').addEventListener('click', play);
  document.querySelectorAll('input[name=view]').forEach(input => input.addEventListener('change', () => look(input.value)));
  document.querySelector('details').addEventListener('toggle', event => { if (event.target.open) fillSteps(); });
  document.addEventListener('keydown', event => {
    // What has the focus keeps the keys that mean something to it.
    const isTaken = event.target.matches('input[type=number]') || event.target.matches('input') && event.key.length > 1;
    if (isTaken || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  fillRatios();
  element('steps').tHead.append(row(['step', 'seconds', 'frames', ...selections.map(selection => `${selection.name}, tokens`)], true));
  choose(data.retentionRatio);
  go(Math.max(0, selections[0].perStep.findIndex(kept => kept > 0))); // where there is something to see

  // What the page shows, for scripts that read it: the flat indices of a selection's kept tokens at the ratio chosen.
  window.maskViewer = { kept: i => Array.from(selections[i].isKept.keys()).filter(token => selections[i].isKept[token]) };
})();
