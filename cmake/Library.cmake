# libsealift, shared and static, from the objects of all folders, and what a program outside needs to build against it. Both export exactly what
# the headers in include/sealift declare: everything else is compiled hidden.
include(GNUInstallDirs)

set(SEALIFT_FOLDERS base codec crypto net pipeline format s3 kms source target store config transfer api)
set(SEALIFT_USES PkgConfig::CURL PkgConfig::OPENSSL PkgConfig::XML PkgConfig::YAJL PkgConfig::ZSTD PkgConfig::SQLITE Threads::Threads)

set(objects "")
foreach(folder IN LISTS SEALIFT_FOLDERS)
    get_target_property(type ${folder} TYPE)
    if(type STREQUAL STATIC_LIBRARY)
        list(APPEND objects $<TARGET_OBJECTS:${folder}>)
    endif()
endforeach()

add_library(libsealift_shared SHARED ${objects})
set_target_properties(libsealift_shared PROPERTIES OUTPUT_NAME sealift LINKER_LANGUAGE C
                      VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
target_link_libraries(libsealift_shared PRIVATE ${SEALIFT_USES})

# A static library has no hidden symbols: every object's names meet those of the program that links it. So all objects are linked into one
# relocatable object first, and what is hidden becomes local to it.
set(relocatable ${CMAKE_BINARY_DIR}/libsealift_static.o)
add_custom_command(
    OUTPUT ${relocatable}
    COMMAND ${CMAKE_LINKER} -r -o ${relocatable} ${objects}
    COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${relocatable}
    DEPENDS ${objects}
    COMMENT "Linking libsealift into one relocatable object"
    COMMAND_EXPAND_LISTS VERBATIM)
set_source_files_properties(${relocatable} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
add_library(libsealift_static STATIC ${relocatable})
set_target_properties(libsealift_static PROPERTIES OUTPUT_NAME sealift LINKER_LANGUAGE C)
target_link_libraries(libsealift_static INTERFACE ${SEALIFT_USES})

# The pkg-config file finds its prefix from where it lies, so that `cmake --install --prefix` and DESTDIR need no second configuration.
file(RELATIVE_PATH SEALIFT_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/sealift.pc.in sealift.pc @ONLY)

install(TARGETS libsealift_shared libsealift_static
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/sealift DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES ${CMAKE_BINARY_DIR}/sealift.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
