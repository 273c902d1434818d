// Weighs while the app is built: grams`0.5 kg` is a number, and roundedTo(…) asks a package that
// no source imports.
const { addNamed } = require('@babel/helper-module-imports');

module.exports = ({ types: t }, { units }) => ({
  name: 'weights',
  visitor: {
    TaggedTemplateExpression(path) {
      if (!path.get('tag').isIdentifier({ name: 'grams' })) return;
      const text = path.node.quasi.quasis.map((part) => part.value.cooked).join('');
      const [, amount, unit] = /^([\d.]+) (\w+)$/.exec(text) ?? [];
      if (!(unit in units)) throw path.buildCodeFrameError(`no weight: ${text}`);
      path.replaceWith(t.numericLiteral(Math.round(Number(amount) * units[unit])));
    },
    CallExpression(path) {
      if (!path.get('callee').isIdentifier({ name: 'roundedTo' })) return;
      path.get('callee').replaceWith(addNamed(path, 'floor', 'lodash', { nameHint: 'rounded' }));
    },
  },
});
