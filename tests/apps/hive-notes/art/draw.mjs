// Draws the pictures of the app at three scales: `node draw.mjs`, with rsvg-convert.
// Only needed when a picture changes; the PNGs are in the repository.

import { spawnSync } from 'node:child_process';
import path from 'node:path';

const here = import.meta.dirname;

/** A straw hive on a cell of comb, in one colour family. */
function hive({ sky, light, mid, dark }) {
  const bands = [
    [60, 22, 26, 14],
    [60, 38, 52, 17],
    [60, 56, 70, 19],
    [60, 75, 78, 19],
    [60, 93, 72, 16],
  ];
  const straw = bands
    .map(([x, y, width, height], index) => {
      const left = x - width / 2;
      const fill = index % 2 ? mid : light;
      return `<rect x="${left}" y="${y - height / 2}" width="${width}" height="${height}" rx="${height / 2}" fill="${fill}"/>
        <path d="M${left + height / 2} ${y + height / 2 - 3} H${left + width - height / 2}" stroke="${dark}" stroke-opacity=".25" stroke-width="2" stroke-linecap="round"/>`;
    })
    .join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 120">
    <path d="M60 2 L108 30 Q112 32 112 37 V83 Q112 88 108 90 L64 116 Q60 118 56 116 L12 90 Q8 88 8 83 V37 Q8 32 12 30 Z" fill="${sky}"/>
    ${straw}
    <path d="M51 101 V88 a9 9 0 0 1 18 0 V101 Z" fill="${dark}"/>
    <rect x="20" y="99" width="80" height="7" rx="3.5" fill="${dark}"/>
    ${flyer(96, 34, 0.8)}${flyer(24, 52, 0.6)}
  </svg>`;
}

function flyer(x, y, size) {
  return `<g transform="translate(${x} ${y}) scale(${size})">
    <ellipse cx="-3" cy="-6" rx="4" ry="6" fill="#fff" fill-opacity=".85" transform="rotate(-25)"/>
    <ellipse cx="3" cy="-6" rx="4" ry="6" fill="#fff" fill-opacity=".85" transform="rotate(25)"/>
    <ellipse rx="8" ry="5.4" fill="#f0b429"/><path d="M-3 -5 V5 M2 -5.3 V5.3" stroke="#2f2413" stroke-width="2.4"/>
  </g>`;
}

const comb = () => {
  const cells = [];
  for (let column = 0; column < 6; column += 1) {
    for (let row = 0; row < 5; row += 1) {
      const x = 20 + column * 25.5;
      const y = 6 + row * 29.5 + (column % 2 ? 14.7 : 0);
      const full = (column * 7 + row * 3) % 5;
      const points = [0, 60, 120, 180, 240, 300]
        .map((angle) => `${(x + 15 * Math.cos((angle * Math.PI) / 180)).toFixed(1)},${(y + 15 * Math.sin((angle * Math.PI) / 180)).toFixed(1)}`)
        .join(' ');
      cells.push(`<polygon points="${points}" fill="${['#e29a12', '#f7cf6b', '#d98a0b', '#f4c04a', '#eaa823'][full]}" fill-opacity="${(0.25 + column * 0.13).toFixed(2)}"/>`);
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 132 108">${cells.join('')}</svg>`;
};

const pictures = {
  'hive-amber': [120, 120, hive({ sky: '#fdeac0', light: '#f0c05a', mid: '#e2a63a', dark: '#6b4410' })],
  'hive-plum': [120, 120, hive({ sky: '#eddcec', light: '#c795bd', mid: '#ad74a2', dark: '#4d2647' })],
  'hive-sage': [120, 120, hive({ sky: '#dfead3', light: '#a9c48e', mid: '#8aab6d', dark: '#33471f' })],
  'hive-sky': [120, 120, hive({ sky: '#d9e8f2', light: '#97bad4', mid: '#769fbf', dark: '#24435b' })],
  comb: [132, 108, comb()],
  bee: [28, 28, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28">${flyer(14, 17, 1.35)}</svg>`],
  back: [20, 20, '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><path d="M12.5 4 L6.5 10 L12.5 16" fill="none" stroke="#6b5a3c" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/></svg>'],
};

for (const [name, [width, height, svg]] of Object.entries(pictures)) {
  for (const scale of [1, 2, 3]) {
    const out = path.join(here, '../assets/images', `${name}${scale === 1 ? '' : `@${scale}x`}.png`);
    const done = spawnSync('rsvg-convert', ['-w', width * scale, '-h', height * scale, '-o', out], { input: svg });
    if (done.status !== 0) throw new Error(String(done.stderr));
  }
}
