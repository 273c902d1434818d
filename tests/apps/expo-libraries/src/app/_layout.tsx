import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { Slot } from 'expo-router';
import { I18nextProvider } from 'react-i18next';
import { MD3LightTheme, PaperProvider } from 'react-native-paper';

import { words } from '@/words';

const client = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Infinity } } });

export default function Layout() {
  return (
    <QueryClientProvider client={client}>
      <I18nextProvider i18n={words}>
        <PaperProvider theme={MD3LightTheme} settings={{ icon: () => null }}>
          <Slot />
        </PaperProvider>
      </I18nextProvider>
    </QueryClientProvider>
  );
}
