import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';

export const words = i18next.createInstance();
words.use(initReactI18next).init({
  lng: 'en',
  showSupportNotice: false,
  initAsync: false,
  resources: {
    en: { translation: { title: 'Harvest of {{year}}', jars_one: '{{count}} jar', jars_other: '{{count}} jars' } },
    de: { translation: { title: 'Ernte {{year}}', jars_one: '{{count}} Glas', jars_other: '{{count}} Gläser' } },
  },
});
