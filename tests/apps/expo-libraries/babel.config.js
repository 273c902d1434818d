// Plugins that only running them can tell about: one of a library, one of Babel's, one of ours.
module.exports = (api) => {
  api.cache(true);
  return {
    presets: ['babel-preset-expo'],
    plugins: [
      'react-native-paper/babel',
      ['./babel/weights', { units: { g: 1, kg: 1000, oz: 28.35 } }],
      '@babel/plugin-transform-template-literals',
    ],
  };
};
