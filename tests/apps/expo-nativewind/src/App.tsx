import { Pressable, ScrollView, Text, TextInput, View } from "react-native";

export default function App({ loud = false }: { loud?: boolean }) {
  return (
    <ScrollView className="flex-1 bg-slate-50 dark:bg-slate-900">
      <View className="card m-4 w-1/2 max-w-md flex-row items-center justify-between gap-2 border border-slate-200 md:w-full">
        <Text className={`text-lg font-bold leading-6 tracking-wide text-brand ${loud ? "uppercase" : "italic"}`} numberOfLines={1}>
          NativeWind
        </Text>
        <Pressable className="group rounded-full bg-brand/50 px-3 py-1.5 active:bg-red-500 disabled:opacity-50">
          <Text className="text-white group-active:text-black">tap</Text>
        </Pressable>
      </View>
      <TextInput className="mx-4 h-10 rounded border-2 border-[#123456] px-[13px] placeholder:text-gray-500" placeholder="words" />
      <View className="absolute bottom-0 left-0 right-0 -mt-2 h-[calc(100%-12px)] translate-x-2 opacity-75 ios:pt-2 android:pt-4" />
      <Text className="line-clamp-2 text-center text-sm/5 underline hover:text-sky-600 focus:ring-2">end</Text>
    </ScrollView>
  );
}
